use std::error::Error;
use std::fmt::Display;
use std::rc::Rc;

use crochet::{run_in_reactor, wait_for};

// The type that is hidden is not `Send`.
#[wait_for(timeout = 5.0)]
async fn hidden() -> impl Display {
    Rc::new(1)
}

#[run_in_reactor]
fn started() -> Option<impl Display> {
    Some(Rc::new(1))
}

// Nothing says that the error takes a `WaitError`.
#[wait_for(timeout = 5.0)]
fn error() -> Result<u8, impl Error + Send> {
    if false {
        return Ok(1);
    }
    Err(std::io::Error::other("refused"))
}

// In a trait, `Send` has to be written.
trait Trait: Sync {
    #[wait_for(timeout = 5.0)]
    fn method(&self) -> impl Display {
        1
    }
}

fn main() {}
