use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
struct Structure;

#[run_in_reactor]
pub trait Trait {}

#[wait_for(timeout = 5.0)]
impl Structure {
    fn method(&self) {}
}

#[run_in_reactor]
mod module {
    pub fn function() {}
}

#[wait_for(timeout = 5.0)]
const CONSTANT: u8 = 1;

#[wait_for(timeout = 5.0)]
unsafe extern "C" {}

fn main() {
    // The rejected items are still there.
    Structure.method();
    module::function();
}
