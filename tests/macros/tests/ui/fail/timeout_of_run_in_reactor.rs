use crochet::run_in_reactor;

#[run_in_reactor(timeout = 5.0)]
fn named() {}

#[run_in_reactor(5.0)]
fn unnamed() {}

#[run_in_reactor(borrowed)]
fn borrowed(_text: &str) {}

fn main() {
    let _: crochet::EventualResult<()> = named();
}
