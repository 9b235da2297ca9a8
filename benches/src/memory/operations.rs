//! Operations that wait for something, with the handles on their results.

use core::future::pending;
use core::time::Duration;

use crate::contest::{Failure, Role};
use crate::measure::alloc::held;
use crate::memory::Holder;
use crate::threads::crochet::ReactorThread;
use crate::threads::smol::ExecutorThread;
use crate::threads::tokio::RuntimeThread;
use crate::throughput::tally::Tally;

/// Returns a holder for each library.
pub fn all(count: usize) -> Vec<Holder> {
    vec![
        Holder::new("crochet", Role::Own, count, |count| {
            let reactor = ReactorThread::start("crochet-memory")?;
            hold(count, |tally| {
                let submitted = reactor.remote().submit(move || wait(tally));
                Ok(submitted.map_err(|refused| refused.to_string())?)
            })
        }),
        Holder::new("tokio", Role::Peer, count, |count| {
            let runtime = RuntimeThread::start("tokio-memory")?;
            hold(count, |tally| Ok(runtime.handle().spawn(wait(tally))))
        }),
        Holder::new("smol", Role::Peer, count, |count| {
            let executor = ExecutorThread::start("smol-memory")?;
            hold(count, |tally| Ok(executor.executor().spawn(wait(tally))))
        }),
    ]
}

/// Submits `count` operations, waits until all of them have begun, and returns what they and their handles hold.
fn hold<H>(
    count: usize,
    submit: impl Fn(&'static Tally) -> Result<H, Failure>,
) -> Result<i64, Failure> {
    // One for each turn of a contestant: it is never freed.
    let tally: &'static Tally = Box::leak(Box::default());
    // The loop's own threads have allocated what they need to run, once one has.
    tally.begin(1);
    let first = submit(tally)?;
    check(tally)?;
    let (handles, bytes) = held(|| {
        tally.begin(count);
        let mut handles = Vec::with_capacity(count);
        for _ in 0..count {
            handles.push(submit(tally)?);
        }
        check(tally)?;
        Ok::<Vec<H>, Failure>(handles)
    });
    drop((handles?, first));
    Ok(bytes)
}

fn check(tally: &Tally) -> Result<(), Failure> {
    match tally.wait(PATIENCE) {
        0 => Ok(()),
        left => Err(format!("{left} operations have not begun").into()),
    }
}

async fn wait(tally: &'static Tally) {
    tally.done();
    pending::<()>().await;
}

const PATIENCE: Duration = Duration::from_secs(60);
