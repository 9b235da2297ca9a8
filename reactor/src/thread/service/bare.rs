//! Threads that the standard library knows nothing of until they use it.

use std::ffi::c_void;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A thread that is joined, or let go of when this is dropped.
pub(super) struct Thread {
    id: libc::pthread_t,
    outcome: Arc<Outcome>,
    is_joined: bool,
}

// SAFETY: an id of a thread may be used on any thread; on some systems it is a pointer, which is not
// followed here.
unsafe impl Send for Thread {}
// SAFETY: as above; what a shared reference does only compares it.
unsafe impl Sync for Thread {}

/// What the body has come to, when it has ended.
type Outcome = Mutex<Option<thread::Result<()>>>;

struct Start {
    name: &'static str,
    body: Box<dyn FnOnce() + Send>,
    outcome: Arc<Outcome>,
}

impl Thread {
    pub(super) fn start(name: &'static str, body: Box<dyn FnOnce() + Send>) -> io::Result<Self> {
        let outcome = Arc::new(Outcome::default());
        let start = Box::into_raw(Box::new(Start {
            name,
            body,
            outcome: Arc::clone(&outcome),
        }));
        let mut id = std::mem::MaybeUninit::uninit();
        // SAFETY: `id` may be written to, no attributes are the usual ones, and `run` takes over `start`.
        let refused =
            unsafe { libc::pthread_create(id.as_mut_ptr(), ptr::null(), run, start.cast()) };
        if refused != 0 {
            // SAFETY: it came from a box above, and no thread has it.
            drop(unsafe { Box::from_raw(start) });
            return Err(io::Error::from_raw_os_error(refused));
        }
        // SAFETY: the call has succeeded, so it has written the id.
        let id = unsafe { id.assume_init() };
        Ok(Self {
            id,
            outcome,
            is_joined: false,
        })
    }

    pub(super) fn is_finished(&self) -> bool {
        lock(&self.outcome).is_some()
    }

    pub(super) fn is_current(&self) -> bool {
        // SAFETY: it has no conditions.
        let current = unsafe { libc::pthread_self() };
        // SAFETY: ids may be compared whatever has become of the threads; this one is not joined yet.
        unsafe { libc::pthread_equal(self.id, current) != 0 }
    }

    pub(super) fn join(mut self) -> thread::Result<()> {
        self.is_joined = true;
        // SAFETY: the thread was neither joined nor let go of: both use `self` up.
        let refused = unsafe { libc::pthread_join(self.id, ptr::null_mut()) };
        if refused != 0 {
            return Err(Box::new(io::Error::from_raw_os_error(refused)));
        }
        let result = lock(&self.outcome).take();
        result.expect("a thread that has ended has told how")
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.is_joined {
            return;
        }
        // SAFETY: the thread was neither joined nor let go of. In a child that this process forks there is no
        // such thread, but its memory, which is all that this touches.
        unsafe { libc::pthread_detach(self.id) };
    }
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: it came from a box of this type, for this thread alone.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    let Start {
        name,
        body,
        outcome,
    } = *start;
    give_name(name);
    let result = catch_unwind(AssertUnwindSafe(body));
    *lock(&outcome) = Some(result);
    ptr::null_mut()
}

fn lock(outcome: &Outcome) -> MutexGuard<'_, Option<thread::Result<()>>> {
    // Nothing panics while it holds this lock.
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the calling thread the name that debuggers show, as the standard library does.
fn give_name(name: &str) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(name) = std::ffi::CString::new(name) {
        // SAFETY: the name ends with a zero; the system copies the part that it has room for.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _: &str = name;
}
