//! The floor for threads that never sleep: a cache line there, a cache line back.

use core::hint;
use std::io;
use std::time::Instant;

use rustix::io::Errno;

use crate::bridge::answerer::{Answerer, END, Mailboxes};
use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::measure::affinity::Placement;

/// Two threads that look for each other's value without a pause, for as long as the turn lasts. Between turns the
/// answering one sleeps.
#[derive(Debug)]
pub struct Spin {
    answerer: Answerer,
}

impl Spin {
    /// Starts the answering thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let answerer = Answerer::start("spin-floor", take_turns)?;
        Ok(Self { answerer })
    }

    /// Looks for the answer until it is there.
    fn answer(&mut self) -> Result<u64, CallError> {
        let mut begun = None;
        loop {
            // Without the clock, as long as all is well.
            for _ in 0..LOOKS {
                if let Some(answer) = self.answerer.poll() {
                    return Ok(answer);
                }
                hint::spin_loop();
            }
            if begun.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Err(CallError::TimedOut);
            }
        }
    }
}

impl Contestant for Spin {
    fn name(&self) -> &'static str {
        "floor: spin, spin"
    }

    /// On one core each would wait for the scheduler to take it from the other.
    fn takes_part(&self, placement: Placement) -> bool {
        placement.has_two_cores()
    }

    fn begin_turn(&mut self, _placement: Placement) -> Result<(), CallError> {
        self.answerer.post(BEGIN);
        self.answerer.wake()?;
        // Not to be overtaken by the first call: the slot holds one value.
        self.answer().map(drop)
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        self.answerer.post(operand);
        self.answer()
    }

    fn end_turn(&mut self) -> Result<(), CallError> {
        self.call(PAUSE).map(drop)
    }
}

fn take_turns(mailboxes: &Mailboxes) -> Result<(), Errno> {
    let mut seen = 0;
    while mailboxes.request.take(&mut seen, None)? == BEGIN {
        mailboxes.answer.post(BEGIN);
        if answer_turn(mailboxes, &mut seen) == END {
            break;
        }
    }
    Ok(())
}

/// Answers until the turn ends; returns what has ended it.
fn answer_turn(mailboxes: &Mailboxes, seen: &mut u32) -> u64 {
    loop {
        match mailboxes.request.poll(seen) {
            Some(END) => return END,
            Some(operand) => {
                mailboxes.answer.post(operand + 1);
                if operand == PAUSE {
                    return PAUSE;
                }
            }
            None => hint::spin_loop(),
        }
    }
}

/// How often to look before the clock is asked.
const LOOKS: u32 = 10_000;

/// Further operands that are none: what begins a turn, and ends it.
const BEGIN: u64 = u64::MAX - 1;
const PAUSE: u64 = u64::MAX - 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::affinity::allowed_cpus;

    #[test]
    fn turns_may_follow_each_other() {
        let allowed = allowed_cpus().expect("affinity is readable");
        let placement = Placement::one_core(allowed[0]);
        let mut spin = Spin::start().expect("a thread can be started");
        for turn in 0..3 {
            // Each `begin_turn` follows an `end_turn` that was answered, or nothing.
            spin.begin_turn(placement).expect("the thread sleeps");
            assert_eq!(spin.call(turn).expect("it answers"), turn + 1);
            spin.end_turn().expect("it answers");
        }
    }

    #[test]
    fn the_thread_ends_in_the_middle_of_a_turn_as_well() {
        let allowed = allowed_cpus().expect("affinity is readable");
        let mut spin = Spin::start().expect("a thread can be started");
        spin.begin_turn(Placement::one_core(allowed[0]))
            .expect("the thread sleeps");
        assert_eq!(spin.call(1).expect("it answers"), 2);
        let shared = alloc::sync::Arc::downgrade(&spin.answerer.mailboxes);
        drop(spin);
        assert_eq!(shared.strong_count(), 0, "the thread has been joined");
    }
}
