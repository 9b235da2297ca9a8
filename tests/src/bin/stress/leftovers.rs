//! What is there at the end that was not there at the beginning.

use std::fmt;

use crochet::{EventualResult, StashLimits};
use crochet_tests::{LONG, threads};

use crate::exchange::EXCHANGE;
use crate::{era, faults, memory, payload, records, refusal};

/// What the process has before anything is done.
#[derive(Debug)]
pub(crate) struct Before {
    threads: usize,
    files: usize,
    bytes: usize,
    restarts: u64,
}

/// What was made and is gone, in words.
#[derive(Debug)]
pub(crate) struct Report(String);

/// How many results the stash keeps: few enough that some are driven out.
const STASHED: usize = 48;
/// How much memory the process may have more at the end: tables that have grown keep their size.
const TABLES: usize = 64 << 10;
/// How much memory each reactor of the process may leave: handles on the latest may be everywhere, so none goes, with what
/// it shares with its threads and a handle on its own. It is about 1200 bytes.
const REACTOR: usize = 3 << 9;

impl Before {
    /// Looks at a process in which everything has happened once that happens once.
    ///
    /// # Panics
    ///
    /// When there can be no reactor.
    pub(crate) fn now() -> Self {
        let (threads, files) = (threads::names().len(), threads::open_files());
        warm_up();
        Self {
            threads,
            files,
            bytes: memory::in_use(),
            restarts: era::of_process().restarts(),
        }
    }

    /// Drops all that the threads have left for each other, stops what runs, and notes what is there then.
    ///
    /// # Panics
    ///
    /// When the threads of the library do not end.
    pub(crate) fn compare(&self, faults: &mut Vec<String>) -> Report {
        EXCHANGE.clear();
        clear_stash();
        era::of_process().stop_begins();
        let stopped = crochet::stop(LONG);
        let records = records::end();
        threads::assert_count(self.threads);
        let files = threads::open_files();
        let (made, dropped) = payload::counts();
        let (living, logged) = refusal::counts();
        let restarts = era::of_process().restarts() - self.restarts;
        let bytes = memory::in_use().saturating_sub(self.bytes);
        let reactors = usize::try_from(restarts).expect("there are few reactors");
        faults.extend(faults::take());
        let mut expect = |holds: bool, otherwise: String| {
            if !holds {
                faults.push(otherwise);
            }
        };
        expect(
            stopped.is_ok(),
            format!("the last stop came to {stopped:?}"),
        );
        expect(
            files == self.files,
            format!("{files} files were {}", self.files),
        );
        expect(
            made == dropped,
            format!("{made} payloads, {dropped} dropped"),
        );
        expect(living == 0, format!("{living} errors are still there"));
        expect(
            bytes <= TABLES + reactors * REACTOR,
            format!("{bytes} bytes more after {restarts} restarts"),
        );
        Report(format!(
            "{made} payloads, {logged} errors logged, {records}\n{restarts} restarts, {bytes} bytes more"
        ))
    }
}

/// Does once what is done once in a process.
fn warm_up() {
    records::install();
    let limits = StashLimits::default().max_results(STASHED);
    crochet::configure_stash(limits);
    crochet::setup().expect("the system has room for a reactor");
    let stashed = crochet::run_in_reactor(|| async {}).stash();
    let result: Result<EventualResult<()>, _> = crochet::retrieve_result(stashed);
    let waited = result.expect("it is there").wait(LONG);
    waited.expect("the reactor answers");
    crochet::stop(LONG).expect("the reactor stops");
}

/// Empties the stash.
fn clear_stash() {
    crochet::configure_stash(StashLimits::default().max_results(0));
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
