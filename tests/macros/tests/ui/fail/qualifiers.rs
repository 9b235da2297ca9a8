use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
const fn constant() {}

#[wait_for(timeout = 5.0)]
unsafe fn not_safe() {}

#[run_in_reactor]
extern "C" fn foreign() {}

#[run_in_reactor]
const unsafe extern "C" fn all_of_them() {}

fn main() {}
