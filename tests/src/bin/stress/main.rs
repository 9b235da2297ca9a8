//! Does everything at once, for as long as it is told, and looks whether all of it is as it must be.
//!
//! Threads pick at random, from a seed that is printed, what they submit, wait for, cancel, stash, set and log, while
//! others stop the process's reactor and start it again, and make and drop reactors of their own. Each outcome is checked
//! against what it may be. A thread that is blocked for longer than it may be ends the program; so does whatever is left at
//! the end that was not there at the beginning.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use board::Post;
use options::Options;
use random::Random;
use tally::Tally;

mod board;
mod body;
mod era;
mod exchange;
mod faults;
mod hosts;
mod leftovers;
mod memory;
mod options;
mod outcome;
mod over;
mod payload;
mod plan;
mod random;
mod records;
mod refusal;
mod restart;
mod tally;
mod worker;

use leftovers::Before;
use worker::Worker;

/// How often the threads are looked at.
const LOOK: Duration = Duration::from_secs(1);

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a report is what the program is for"
)]
fn main() -> ExitCode {
    let Some(options) = Options::read() else {
        eprintln!("{}", options::USAGE);
        return ExitCode::from(2);
    };
    println!(
        "seed {}, {} threads, {:?}",
        options.seed, options.threads, options.time
    );
    keep_quiet_on_purpose();
    let before = Before::now();
    crochet::setup().expect("the system has room for a reactor");
    records::begin();
    let ran = run(&options);
    let mut faults = ran.faults;
    let left = before.compare(&mut faults);
    print!("{}", ran.tally);
    println!("{left}");
    for fault in &faults {
        println!("FAULT: {fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        println!("failed with seed {}", options.seed);
        ExitCode::FAILURE
    }
}

/// What the threads have come to.
struct Ran {
    tally: Tally,
    faults: Vec<String>,
}

type Part<'a> = Box<dyn FnOnce() -> Tally + Send + 'a>;

/// Lets all threads work until the time is over, and something is wrong or all have ended.
fn run(options: &Options) -> Ran {
    let posts: Vec<_> = names(options).map(Post::new).map(Arc::new).collect();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for (part, post) in parts(options, &posts).zip(&posts) {
            let tell = tell.clone();
            let named = thread::Builder::new().name(post.thread().to_owned());
            let started = named.spawn_scoped(scope, move || {
                let ended = panic::catch_unwind(AssertUnwindSafe(part));
                let ended = ended.map_err(|_| format!("{} panicked", post.thread()));
                tell.send(ended).expect("the main thread waits for all");
            });
            started.expect("the system has room for a thread");
        }
        watch(options, &posts, &told)
    })
}

/// Collects what the threads have done; ends the process when one is stuck or has found something wrong.
fn watch(
    options: &Options,
    posts: &[Arc<Post>],
    told: &mpsc::Receiver<Result<Tally, String>>,
) -> Ran {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut running = posts.len();
    while running > 0 {
        if begun.elapsed() >= options.time {
            over::declare();
        }
        match told.recv_timeout(LOOK.min(options.time)) {
            Ok(Ok(part)) => {
                tally.add(&part);
                running -= 1;
            }
            Ok(Err(panicked)) => die(options, &[panicked]),
            Err(RecvTimeoutError::Timeout) => {
                let stuck = posts.iter().filter_map(|post| post.stuck(options.slack));
                let wrong: Vec<_> = faults::take().into_iter().chain(stuck).collect();
                if !wrong.is_empty() {
                    die(options, &wrong);
                }
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("this thread has a sender too"),
        }
    }
    Ran {
        tally,
        faults: faults::take(),
    }
}

/// Ends the process as it is: what is stuck would hold up an end in order.
#[expect(clippy::print_stdout, reason = "a report is what the program is for")]
fn die(options: &Options, faults: &[String]) -> ! {
    for fault in faults {
        println!("FAULT: {fault}");
    }
    println!("failed with seed {}", options.seed);
    process::abort();
}

/// Names the threads: the workers, those that run reactors of their own, and the one that restarts the process's.
fn names(options: &Options) -> impl Iterator<Item = String> {
    let workers = (0..options.threads).map(|index| format!("worker-{index}"));
    let hosts = (0..hosts::HOSTS).map(|index| format!("host-{index}"));
    workers.chain(hosts).chain([String::from("restarter")])
}

/// Returns what the threads do, in the order of their names.
fn parts<'a>(options: &Options, posts: &'a [Arc<Post>]) -> impl Iterator<Item = Part<'a>> {
    let (threads, seed) = (options.threads, options.seed);
    posts.iter().enumerate().map(move |(index, post)| {
        let stream = u64::try_from(index).expect("there are few threads");
        let random = Random::new(seed, stream);
        let part: Part<'a> = if index < threads {
            Box::new(move || Worker::new(Arc::clone(post), random, stream).work())
        } else if index < threads + hosts::HOSTS {
            Box::new(move || hosts::host(post, random, index - threads))
        } else {
            Box::new(move || restart::restart_often(post, random))
        };
        part
    })
}

/// Keeps panics that belong to the program off stderr.
fn keep_quiet_on_purpose() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        if text != Some(payload::ON_PURPOSE) {
            previous(info);
        }
    }));
}
