//! The state word of an eventual result.
//!
//! The low three bits hold the phase, the others are flags. Every change is one atomic
//! read-modify-write on this word, so all parties agree on the order of the changes.
//!
//! | phase | set when | left when | excludes |
//! | --- | --- | --- | --- |
//! | `QUEUED` | created | the completer begins, or a reader revokes | a value |
//! | `RUNNING` | the completer begins, or a revocation in two steps does | it finishes | a value, revocation |
//! | `COMPLETED` | the completer finishes with a value | the reader takes the value | the two ends below |
//! | `CANCELLED` | the completer finishes without a value, or a reader revokes | never | a value |
//! | `STOPPED` | the completer's loop stops | never | a value |
//! | `TAKEN` | the reader has moved the value out | never | a value |
//!
//! | flag | set when | cleared when | excludes |
//! | --- | --- | --- | --- |
//! | `CANCEL` | a reader asks to cancel while `RUNNING` | never | set in `QUEUED`: that is revoked instead |
//! | `WAITED` | a waiter has filled a slot | never | |
//! | `DETACHED` | the reader's handle is dropped | never | readers |
//! | `SPLIT` | the two halves were handed out | never | handing them out again |
//! | `REVOKED` | a task is revoked, together with `RUNNING` | never | the loop's use of the task's body |
//!
//! Who may leave which phase: `QUEUED` whoever wins the exchange; `RUNNING` only the completer,
//! which is whoever left `QUEUED`; `COMPLETED` only the owner of the reader's handle, or the
//! completer when that is gone.

pub(super) const PHASE: u8 = 0b0000_0111;

pub(super) const QUEUED: u8 = 0;
pub(super) const RUNNING: u8 = 1;
pub(super) const COMPLETED: u8 = 2;
pub(super) const CANCELLED: u8 = 3;
pub(super) const STOPPED: u8 = 4;
pub(super) const TAKEN: u8 = 5;

pub(super) const CANCEL: u8 = 0b0000_1000;
pub(super) const WAITED: u8 = 0b0001_0000;
pub(super) const DETACHED: u8 = 0b0010_0000;
pub(super) const SPLIT: u8 = 0b0100_0000;
#[cfg(feature = "alloc")]
pub(super) const REVOKED: u8 = 0b1000_0000;

/// Tells whether `word` is in a phase that no longer waits for the completer.
pub(super) const fn is_ended(word: u8) -> bool {
    word & PHASE >= COMPLETED
}

const _: () = assert!(
    CANCEL & PHASE == 0 && TAKEN <= PHASE,
    "flags must not overlap the phase"
);
const _: () = assert!(
    RUNNING < COMPLETED && COMPLETED < CANCELLED && CANCELLED < STOPPED && STOPPED < TAKEN,
    "every phase from COMPLETED on is an end"
);
