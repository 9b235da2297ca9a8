use crochet::wait_for;

#[wait_for(timeout = 5.0)]
unsafe extern "C" fn print(_format: *const u8, _arguments: ...) {}

fn main() {}
