use crochet::wait_for;

#[derive(Debug)]
struct OwnError;

#[wait_for(timeout = 5.0)]
async fn owned(x: u8) -> Result<u8, OwnError> {
    Ok(x)
}

#[wait_for(timeout = 5.0)]
fn borrowed(text: &str) -> Result<usize, OwnError> {
    Ok(text.len())
}

fn main() {}
