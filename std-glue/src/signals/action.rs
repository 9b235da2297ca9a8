//! What runs in the signal handler, and what a signal did before.
#![allow(
    unsafe_code,
    reason = "code in a signal handler is on its honour, and a disposition has no safe reader"
)]

use std::io;
use std::mem::MaybeUninit;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::low_level::{self, emulate_default_handler};

use super::{Decision, decide};

/// Whether a signal is answered by this library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answered {
    Here,
    /// It was ignored, and stays so.
    Nowhere,
}

/// What a signal did before it was taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Before {
    Default,
    Ignored,
    /// A handler, which goes on being called before ours.
    Handler,
}

/// Puts the handler for a signal in its place, unless it is there or the signal is ignored.
///
/// It stays there for good, and in forked children. Callers see to it that one at a time comes here.
pub(super) fn take_over(signal: i32) -> io::Result<Answered> {
    static TAKEN: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

    let taken = &TAKEN[usize::from(signal == SIGINT)];
    if taken.load(Ordering::Relaxed) {
        return Ok(Answered::Here);
    }
    let before = disposition(signal)?;
    if before == Before::Ignored {
        return Ok(Answered::Nowhere);
    }
    // SAFETY: `act` is async-signal-safe, as it says, and does not panic.
    unsafe { low_level::register(signal, move || act(signal, before)) }?;
    taken.store(true, Ordering::Relaxed);
    Ok(Answered::Here)
}

/// Answers a signal, in the handler: loads and stores of atomics, the process's id, and perhaps the
/// process's end by functions that POSIX allows there.
fn act(signal: i32, before: Before) {
    let ends = match decide(signal) {
        Decision::Report => false,
        Decision::End => true,
        Decision::AsBefore => before == Before::Default,
    };
    if ends && emulate_default_handler(signal).is_err() {
        // It knows the two signals that come here.
        process::abort();
    }
}

fn disposition(signal: i32) -> io::Result<Before> {
    let mut found = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the null asks for no change, and `found` is written to alone.
    let asked = unsafe { libc::sigaction(signal, ptr::null(), found.as_mut_ptr()) };
    if asked != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has filled it.
    let found = unsafe { found.assume_init() };
    Ok(match found.sa_sigaction {
        libc::SIG_DFL => Before::Default,
        libc::SIG_IGN => Before::Ignored,
        _ => Before::Handler,
    })
}
