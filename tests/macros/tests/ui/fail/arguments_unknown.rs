use crochet::{run_in_reactor, wait_for};

#[wait_for(tiemout = 5.0)]
fn misspelled() {}

#[wait_for(timeout = 5.0, retries = 3)]
fn not_offered() {}

#[wait_for(5.0)]
fn without_name() {}

#[wait_for(timeout = 5.0 nested)]
fn without_comma() {}

#[wait_for(timeout = 5.0, nested = true)]
fn flag_with_value() {}

#[wait_for(timeout = 5.0, crate = "crochet")]
fn path_in_string() {}

#[run_in_reactor(name = "x")]
fn not_offered_started() {}

fn main() {
    // The functions are still there, and have the types that right arguments give.
    let _: Result<(), crochet::WaitError> = misspelled();
    let _: crochet::EventualResult<()> = not_offered_started();
}
