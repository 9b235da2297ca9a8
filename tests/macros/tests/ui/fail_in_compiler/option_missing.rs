use crochet::wait_for;

struct Structure;

impl Structure {
    // Wants the option `associated`.
    #[wait_for(timeout = 5.0)]
    fn function(x: u8) -> u8 {
        x
    }
}

trait Trait {
    fn method(&self) -> Result<u8, crochet::WaitError>;
    fn function(x: u8) -> Result<u8, crochet::WaitError>;
}

impl Trait for Structure {
    // Wants the option `nested`.
    #[wait_for(timeout = 5.0)]
    fn method(&self) -> u8 {
        1
    }

    // Wants the option `nested`, too.
    #[wait_for(timeout = 5.0)]
    fn function(x: u8) -> u8 {
        x
    }
}

fn main() {}
