//! The firmware's inbox: what interrupts send to the loop, and whether it must be woken for that.

use core::{
    fmt,
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering},
};

use crochet_core::{
    driver::Unpark,
    inbox::{FixedInbox, PostError, Wake},
};

use crate::board::Bell;

/// What interrupts send: the number of a reading.
pub type Reading = u32;

/// How many readings fit.
pub const CAPACITY: usize = 4;

static INBOX: FixedInbox<Reading, CAPACITY> = FixedInbox::new();

/// How often whoever sent something had to wake the loop.
static NEEDED: AtomicU32 = AtomicU32::new(0);

/// How often whoever sent something found the loop awake, or being woken.
static UNNEEDED: AtomicU32 = AtomicU32::new(0);

/// How many of the things sent had to wake the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wakes {
    needed: u32,
    unneeded: u32,
}

impl Wakes {
    /// Returns how many had to wake it.
    pub const fn needed(self) -> u32 {
        self.needed
    }
}

impl fmt::Display for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} needed, {} unneeded", self.needed, self.unneeded)
    }
}

/// Returns the inbox, for the loop's side of it.
pub fn get() -> Pin<&'static FixedInbox<Reading, CAPACITY>> {
    Pin::static_ref(&INBOX)
}

/// Sends a reading to the loop and wakes it if it sleeps. Any context may call this.
///
/// # Errors
///
/// Gives the reading back when the inbox is full or closed.
pub fn post(reading: Reading) -> Result<(), PostError<Reading>> {
    get().post(reading).map(act_on)
}

/// Makes the loop look at its tasks once more, and wakes it if it sleeps. Any context may call this.
pub fn notify() {
    act_on(INBOX.notify());
}

/// Returns the counts since the last call, and starts anew.
pub fn take_wakes() -> Wakes {
    Wakes {
        needed: NEEDED.swap(0, Ordering::Relaxed),
        unneeded: UNNEEDED.swap(0, Ordering::Relaxed),
    }
}

fn act_on(wake: Wake) {
    match wake {
        Wake::Needed => {
            NEEDED.fetch_add(1, Ordering::Relaxed);
            Bell.unpark();
        }
        Wake::Unneeded => {
            UNNEEDED.fetch_add(1, Ordering::Relaxed);
        }
    }
}
