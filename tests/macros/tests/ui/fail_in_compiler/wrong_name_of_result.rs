// A type named `Result` that is none.
use crochet::run_in_reactor;

struct Result;

#[run_in_reactor]
fn started() -> Result {
    Result
}

fn main() {}
