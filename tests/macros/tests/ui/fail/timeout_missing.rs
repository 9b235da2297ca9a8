use crochet::wait_for;

#[wait_for]
fn no_arguments() {}

#[wait_for()]
fn empty_arguments() {}

#[wait_for(borrowed)]
fn other_argument(_text: &str) {}

#[wait_for(timeout)]
fn no_value() {}

#[wait_for(timeout = )]
fn no_value_behind_equals() {}

#[wait_for(timeout(5))]
fn call() {}

fn main() {
    let _: Result<(), crochet::WaitError> = no_arguments();
}
