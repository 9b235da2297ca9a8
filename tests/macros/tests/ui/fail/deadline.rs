use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5, deadline = 5)]
fn of_wait_for() {}

#[run_in_reactor(deadline)]
fn no_value() {}

#[run_in_reactor(deadline = -1)]
fn negative() {}

#[run_in_reactor(deadline = "soon")]
fn text() {}

#[run_in_reactor(deadline = 5s)]
fn unit_of_a_number() {}

fn main() {
    let _: crochet::EventualResult<()> = no_value();
}
