use crochet::wait_for;

const SECONDS: u64 = 5;

#[wait_for(timeout = SECONDS)]
fn integer() {}

#[wait_for(timeout = f64::NAN)]
fn not_a_number() {}

#[wait_for(timeout = Some(core::time::Duration::ZERO))]
fn option() {}

#[wait_for(timeout = absent)]
fn absent_name() {}

fn main() {}
