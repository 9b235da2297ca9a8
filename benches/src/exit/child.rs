//! What the children do: start a library, use it once, and return from `main`.

use core::time::Duration;
use std::ffi::{OsStr, OsString};

use ::tokio::sync::oneshot;

use crate::contest::Failure;
use crate::measure::clock::monotonic_time;
use crate::threads::tokio::RuntimeThread;

/// The first argument of a child; it is no name of a suite.
pub const WORD: &str = "--exit-child";

/// What a child has running when its `main` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Empty,
    /// The reactor that `setup` starts.
    Crochet,
    /// A current-thread runtime in a thread of its own, ended and joined at the end of `main`.
    Tokio,
}

impl Kind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Crochet, Self::Tokio, Self::Empty];

    /// Returns what the table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "floor: empty program",
            Self::Crochet => "crochet after setup",
            Self::Tokio => "tokio in a thread",
        }
    }

    /// Returns the argument that asks for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Crochet => "crochet",
            Self::Tokio => "tokio",
        }
    }
}

/// Finds out whether the arguments that follow the program's name make this process a child.
pub fn requested(mut arguments: impl Iterator<Item = OsString>) -> Option<Kind> {
    if arguments.next()? != WORD {
        return None;
    }
    let word = arguments.next()?;
    Kind::ALL
        .into_iter()
        .find(|kind| word == OsStr::new(kind.word()))
}

/// Does the work of a child; its caller is to return from `main` at once.
///
/// # Errors
///
/// Returns why the library could not be used.
pub fn run(kind: Kind) -> Result<(), Failure> {
    match kind {
        Kind::Empty => tell_that_main_returns(),
        Kind::Crochet => {
            ::crochet::setup()?;
            let answer = ::crochet::wait_for(PATIENCE, || async { 6 * 7 })?;
            assert_eq!(answer, 42);
            tell_that_main_returns();
        }
        Kind::Tokio => {
            let runtime = RuntimeThread::start("tokio")?;
            let (answer, answered) = oneshot::channel();
            runtime
                .handle()
                .spawn(async move { answer.send(6 * 7).expect("the caller waits") });
            let answer = answered.blocking_recv()?;
            assert_eq!(answer, 42);
            tell_that_main_returns();
        }
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(10);

/// The end of `main`, in the clock that the parent reads as well.
fn tell_that_main_returns() {
    println!("{}", monotonic_time());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Option<Kind> {
        requested(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn only_a_childs_arguments_make_a_child() {
        for kind in Kind::ALL {
            assert_eq!(request(&format!("{WORD} {}", kind.word())), Some(kind));
        }
        assert_eq!(request("exit"), None);
        assert_eq!(request(WORD), None);
        assert_eq!(request(&format!("{WORD} other")), None);
    }
}
