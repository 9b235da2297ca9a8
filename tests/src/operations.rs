//! Operations of reactors that are values.

use std::future::{self, poll_fn};

use crochet::{JoinError, Remote};
use crochet_reactor::Operation;

use crate::traces::Traced;

/// Submits an operation that never ends by itself and holds `value`.
///
/// # Panics
///
/// When the queue is full.
pub fn submit_pending(remote: &Remote, value: Traced) -> Operation<()> {
    let submitted = remote.submit(move || async move {
        let _value = value;
        future::pending::<()>().await;
    });
    submitted.expect("there is no queue limit")
}

/// Submits a function.
///
/// # Panics
///
/// When the queue is full.
pub fn submit<T: Send + 'static>(
    remote: &Remote,
    make: impl FnOnce() -> T + Send + 'static,
) -> Operation<T> {
    let submitted = remote.submit(move || async move { make() });
    submitted.expect("there is no queue limit")
}

/// Awaits an operation of any reactor.
///
/// # Errors
///
/// Whatever it ended with.
pub async fn outcome<T>(mut operation: Operation<T>) -> Result<T, JoinError> {
    let mut key = None;
    poll_fn(move |cx| operation.poll_take(&mut key, cx)).await
}

/// Asserts that an operation has ended because its reactor stopped.
///
/// # Panics
///
/// Otherwise.
#[track_caller]
pub fn assert_stopped<T>(operation: &Operation<T>) {
    assert!(
        matches!(operation.peek(), Some(Err(JoinError::Stopped))),
        "{operation:?}"
    );
}
