#[crochet::wait_for(timeout = 5.0)]
fn main() {}
