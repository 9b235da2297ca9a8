//! What the macros expand to. Not part of the public API.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use crochet_reactor::{Deferred, Label};

use crate::call;
use crate::error::WaitError;
use crate::eventual_result::EventualResult;

pub use std::future::ready;

/// Takes a result type apart, also behind an alias.
pub trait IsResult {
    /// The type of the value.
    type Ok;
    /// The type of the error.
    type Err;
}

impl<T, E> IsResult for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// Awaits a deferred that cannot fail.
pub async fn infallible<T>(deferred: Deferred<T>) -> T {
    match deferred.await {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

#[track_caller]
pub fn wait_owned<M, F>(
    timeout: Duration,
    name: &'static str,
    make: M,
) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    call::wait_owned(Label::named(name), timeout, make)
}

#[track_caller]
pub fn wait_borrowed<'a, M, F>(
    timeout: Duration,
    name: &'static str,
    make: M,
) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'a,
    F: Future + 'a,
    F::Output: Send + 'a,
{
    call::wait_borrowed(Label::named(name), timeout, make)
}

#[track_caller]
pub fn try_wait_owned<M, F, T, E>(timeout: Duration, name: &'static str, make: M) -> Result<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: From<WaitError> + Send + 'static,
{
    call::wait_owned(Label::named(name), timeout, make)?
}

#[track_caller]
pub fn try_wait_borrowed<'a, M, F, T, E>(
    timeout: Duration,
    name: &'static str,
    make: M,
) -> Result<T, E>
where
    M: FnOnce() -> F + Send + 'a,
    F: Future<Output = Result<T, E>> + 'a,
    T: Send + 'a,
    E: From<WaitError> + Send + 'a,
{
    call::wait_borrowed(Label::named(name), timeout, make)?
}

#[track_caller]
pub fn run<M, F>(name: &'static str, make: M) -> EventualResult<F::Output, Infallible>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    call::run(Label::named(name), None, make)
}

#[track_caller]
pub fn try_run<M, F, T, E>(name: &'static str, make: M) -> EventualResult<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    call::try_run(Label::named(name), None, make)
}

#[track_caller]
pub fn run_within<M, F>(
    deadline: Duration,
    name: &'static str,
    make: M,
) -> EventualResult<F::Output, Infallible>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    call::run(Label::named(name), Some(deadline), make)
}

#[track_caller]
pub fn try_run_within<M, F, T, E>(
    deadline: Duration,
    name: &'static str,
    make: M,
) -> EventualResult<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    call::try_run(Label::named(name), Some(deadline), make)
}
