//! A program whose wall clock jumps by a day whenever anybody looks at it, forward or back as the argument says.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod clock {
    use std::sync::atomic::{AtomicI64, Ordering};

    use libc::{CLOCK_REALTIME, SYS_clock_gettime, c_int, clockid_t, timespec};

    pub(crate) const DAY: i64 = 24 * 60 * 60;

    /// How far the wall clock goes each time that it is looked at, in seconds.
    pub(crate) static JUMP: AtomicI64 = AtomicI64::new(0);
    static AHEAD: AtomicI64 = AtomicI64::new(0);

    /// Stands for the C library's function of this name, for all Rust code of the program.
    ///
    /// # Safety
    ///
    /// As that function's: `time` is valid for a write.
    // SAFETY: it has the signature and does what the C library's does, but for the time of one clock.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
        // SAFETY: the caller's pointer is valid for a write, as the system call requires.
        let refused = unsafe { libc::syscall(SYS_clock_gettime, clock, time) };
        if refused != 0 {
            return -1;
        }
        if clock == CLOCK_REALTIME {
            let jump = JUMP.load(Ordering::SeqCst);
            let ahead = AHEAD.fetch_add(jump, Ordering::SeqCst) + jump;
            // SAFETY: as above, and the system call has just written to it.
            unsafe { (*time).tv_sec += ahead };
        }
        0
    }
}

/// Prints a line.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn say(line: &str) {
    use std::io::{self, Write};

    writeln!(io::stdout(), "{line}").expect("somebody reads");
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn main() {
    use std::future;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant, SystemTime};

    use crochet::{EventualError, WaitError};
    use crochet_tests::LONG;

    const NAP: Duration = Duration::from_millis(20);

    let direction = std::env::args().nth(1).expect("forward or back");
    let is_forward = direction == "forward";
    clock::JUMP.store(
        if is_forward { clock::DAY } else { -clock::DAY },
        Ordering::SeqCst,
    );
    let (first, second) = (SystemTime::now(), SystemTime::now());
    assert_eq!(second > first, is_forward, "it is this program's own clock");
    say("the wall clock jumps");

    crochet::setup().expect("a reactor");
    let begun = Instant::now();
    let slept = crochet::wait_for(LONG, || crochet::sleep(NAP));
    assert!(slept.is_ok(), "{slept:?}");
    assert!(begun.elapsed() >= NAP, "never early");
    say("slept");

    let begun = Instant::now();
    let waited = crochet::wait_for(NAP, future::pending::<()>);
    assert!(matches!(waited, Err(WaitError::Timeout)), "{waited:?}");
    assert!((NAP..LONG).contains(&begun.elapsed()));
    say("timed out");

    let begun = Instant::now();
    let late = crochet::operation()
        .deadline(NAP)
        .run(future::pending::<()>);
    let waited = late.wait(LONG);
    assert!(
        matches!(waited, Err(EventualError::DeadlineExceeded)),
        "{waited:?}"
    );
    assert!(begun.elapsed() >= NAP, "never early");
    say("late");
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn main() {}
