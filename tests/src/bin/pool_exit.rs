//! A process that a job of the thread pool ends, by `exit`, while the reactor has shutdown triggers.

use std::io::{self, Write};
use std::process;
use std::thread;

use crochet::Phase;
use crochet_tests::LONG;
use crochet_tests::child::LEAVING;

fn main() {
    crochet::setup().expect("a reactor can be started");
    let remote = crochet::remote().expect("there is a reactor");
    for phase in [Phase::Before, Phase::During, Phase::After] {
        remote.add_trigger(phase, LONG, async move || say(&format!("{phase:?}")));
    }
    crochet::call_in_thread(|| {
        say(LEAVING);
        process::exit(3);
    })
    .expect("the pool takes the job");
    loop {
        thread::park();
    }
}

fn say(line: &str) {
    writeln!(io::stdout(), "{line}").expect("the test reads");
}
