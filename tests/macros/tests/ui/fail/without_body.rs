use crochet::{run_in_reactor, wait_for};

trait Trait {
    #[wait_for(timeout = 5.0)]
    fn load(&self) -> u8;

    #[run_in_reactor]
    async fn start(self);
}

fn main() {}
