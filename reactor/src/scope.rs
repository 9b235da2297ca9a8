//! Tasks that do not outlive the code that spawned them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use crate::caught::{self, Contained, Outcome};
use crate::context;
use crate::label::Label;
use crate::panic::Panic;
use crate::project::project;
use crate::spawn::{JoinHandle, spawn_contained};

mod children;

use children::{Children, Membership};

/// Runs a future whose tasks end with it: those that it spawns in the [`Scope`] that `make` is
/// given are its children, and none of them outlives it.
///
/// When the future is ready, the children that are left are cancelled and dropped, the oldest
/// first, and then its output is returned; to wait for them instead, await [`Scope::join`]. A child
/// that panics ends the whole scope: the future and the other children are dropped, and the panic
/// is the error. [`scope_with`] leaves panics to the children's handles.
///
/// Children are `'static`, as all tasks: what they share with the scope is counted or copied.
///
/// # Errors
///
/// [`ScopeError::Panicked`] when a child did. A panic of the future itself goes on in whoever polls
/// it.
///
/// # Cancellation
///
/// Dropping the future drops the children: they are gone when that returns. When the task that
/// awaits it is cancelled, or its time is [up](crate::timeout), so are they. Of scopes that are nested
/// deeper than thirty-two, those within are gone when dropping the thirty-second returns.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use crochet_reactor::{scope, sleep};
///
/// let mut reactor = crochet_reactor::Reactor::new()?;
/// let first = reactor.block_on(scope(|scope| async move {
///     // Goes on only as long as the scope does.
///     drop(scope.spawn(async { sleep(Duration::from_secs(3600)).await }));
///     scope.spawn(async { 6 * 7 }).await
/// }))?;
/// assert_eq!(first?.unwrap(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn scope<M, F>(make: M) -> Result<F::Output, ScopeError>
where
    M: FnOnce(Scope) -> F,
    F: Future,
{
    scope_with(OnPanic::EndScope, make).await
}

/// As [`scope`], with a choice of what a child's panic does.
///
/// # Errors
///
/// As [`scope`]; none with [`OnPanic::Isolate`].
///
/// # Cancellation
///
/// As [`scope`].
pub async fn scope_with<M, F>(on_panic: OnPanic, make: M) -> Result<F::Output, ScopeError>
where
    M: FnOnce(Scope) -> F,
    F: Future,
{
    let guard = EndOnDrop(Rc::new(Children::new(on_panic)));
    let EndOnDrop(children) = &guard;
    let ended = {
        let mut body = pin!(make(Scope {
            children: Rc::clone(children),
        }));
        poll_fn(|cx| {
            children.set_owner(cx.waker());
            match children.take_error() {
                Some(error) => Poll::Ready(Err(error)),
                None => body.as_mut().poll(cx).map(Ok),
            }
        })
        .await
    };
    children.end_all();
    // One is left only if this is polled from within it; it goes when that poll has ended.
    children.wait_empty().await;
    ended
}

/// What the panic of a child does to its scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum OnPanic {
    /// The scope ends with it as its error.
    #[default]
    EndScope,
    /// Nothing: it is the result of the child's handle, and logged if nobody asks for that.
    Isolate,
}

/// Why a scope has no output.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ScopeError {
    /// A child panicked.
    Panicked {
        /// The child.
        child: Label,
        /// What it said, and where.
        panic: Panic,
    },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { child, panic } => write!(f, "{child} panicked: {panic}"),
        }
    }
}

impl std::error::Error for ScopeError {}

/// Spawns children of a [`scope`]. Cheap to clone, for children that spawn others.
///
/// It may outlive the scope; what is spawned then is cancelled at once.
#[derive(Clone)]
pub struct Scope {
    children: Rc<Children>,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("children", &self.len())
            .finish_non_exhaustive()
    }
}

impl Scope {
    /// Runs `future` as a task that ends with the scope, if not before.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    ///
    /// # Cancellation
    ///
    /// As [`spawn`](crate::spawn()): dropping the handle lets the task go on, within the scope.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.spawn_labelled(Label::here(), future)
    }

    /// Runs `future` as a task with a name, as [`spawn_named`](crate::spawn_named) does. Otherwise
    /// as [`spawn`](Self::spawn).
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    ///
    /// # Cancellation
    ///
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_named<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        self.spawn_labelled(Label::named(name), future)
    }

    #[track_caller]
    fn spawn_labelled<F>(&self, label: Label, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
    {
        let context = context::expect_current();
        let membership = Membership::of(&self.children);
        let key = membership.key();
        let child = Child {
            body: Contained::new(future),
            membership: Some(membership),
        };
        let handle = spawn_contained(&context, child, label);
        // A reactor that has stopped drops it at once.
        if !handle.is_finished() {
            self.children.enter(key, handle.cancel_handle());
        }
        handle
    }

    /// Waits until there are no children, including those that they spawn meanwhile.
    ///
    /// A child must not wait for this: it would wait for itself.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost by dropping it.
    pub async fn join(&self) {
        // Who was woken because the last one had ended may find new ones.
        while !self.is_empty() {
            self.children.wait_empty().await;
        }
    }

    /// Returns how many children have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.children.len()
    }

    /// Tells whether there are no children.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A child's future, which leaves the scope when it has been dropped.
struct Child<F> {
    // Dropped in this order: who has left the scope has nothing left of it.
    body: Contained<F>,
    membership: Option<Membership>,
}

project!(Child<F>.body: Contained<F>, rest: membership: Option<Membership>);

impl<F: Future> Future for Child<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let (body, (membership,)) = self.project();
        let outcome = std::task::ready!(body.poll(cx));
        if let Some(membership) = membership.take() {
            membership.end(&outcome);
        }
        Poll::Ready(outcome)
    }
}

/// Ends the children when the scope ends, whichever way it does.
struct EndOnDrop(Rc<Children>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end_all();
        if let Some(ScopeError::Panicked { child, panic }) = self.0.take_error() {
            // The scope was dropped before it could return it.
            caught::report_unseen(&child, &panic);
        }
    }
}
