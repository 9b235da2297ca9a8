use crochet::wait_for;

#[wait_for(timeout = "")]
fn empty() {}

#[wait_for(timeout = "5")]
fn without_unit() {}

#[wait_for(timeout = "5 parsecs")]
fn bad_unit() {}

#[wait_for(timeout = "ms")]
fn without_number() {}

#[wait_for(timeout = "NaN")]
fn not_a_number() {}

#[wait_for(timeout = "1.2.3s")]
fn two_points() {}

#[wait_for(timeout = "-1s")]
fn negative() {}

#[wait_for(timeout = "18446744073709551616s")]
fn too_large() {}

fn main() {}
