use crochet::{run_in_reactor, wait_for};

#[run_in_reactor]
fn generic<T: Send>(x: T) -> Option<T> {
    Some(x)
}

struct View<'a>(&'a u8);

impl<'a> View<'a> {
    #[wait_for(timeout = 5.0)]
    fn hidden(self) -> u8 {
        *self.0
    }
}

fn main() {}
