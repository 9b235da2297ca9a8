use crochet::wait_for;

#[wait_for(timeout = -1)]
fn negative() {}

#[wait_for(timeout = -0.5)]
fn negative_float() {}

#[wait_for(timeout = 1e300)]
fn too_large() {}

#[wait_for(timeout = 5s)]
fn unit_outside_a_string() {}

#[wait_for(timeout = true)]
fn boolean() {}

#[wait_for(timeout = '5')]
fn character() {}

#[wait_for(timeout = b"5s")]
fn bytes() {}

fn main() {}
