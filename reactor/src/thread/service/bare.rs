//! Threads that the standard library knows nothing of until they use it.

use std::env;
use std::ffi::c_void;
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Body;

/// A thread that is joined, or let go of when this is dropped: in the process that started it.
pub(super) struct Thread {
    id: libc::pthread_t,
}

// SAFETY: an id of a thread may be used on any thread; on some systems it is a pointer, which is not
// followed here.
unsafe impl Send for Thread {}

/// What a new thread finds.
struct Start {
    name: &'static str,
    body: Body,
}

/// The standard library's stack size, when it has been read. Zero before.
static STACK: AtomicUsize = AtomicUsize::new(0);

/// The standard library's stack size, unless the environment has another one.
const USUAL_STACK: usize = 2 << 20;

/// No system wants a larger stack, or larger pages.
const LEAST_STACK: usize = 128 << 10;

/// Reads how large stacks are to be, as the standard library does.
///
/// Not in a forked child: it would find the environment locked, if another thread was about to change it.
pub(crate) fn note_stack_size() {
    let wanted = env::var("RUST_MIN_STACK").map(|text| text.parse());
    let size = match wanted {
        Ok(Ok(size)) => size,
        Ok(Err(_)) | Err(_) => USUAL_STACK,
    };
    let pages = size.max(LEAST_STACK).checked_next_multiple_of(LEAST_STACK);
    // What is too large to be rounded up is for the system to refuse.
    STACK.store(pages.unwrap_or(size), Ordering::Relaxed);
}

fn stack_size() -> usize {
    match STACK.load(Ordering::Relaxed) {
        0 => USUAL_STACK,
        noted => noted,
    }
}

impl Thread {
    /// Starts a thread. A panic of its body ends the process.
    pub(super) fn start(name: &'static str, body: Body) -> io::Result<Self> {
        let mut memory = MaybeUninit::uninit();
        let attributes = Attributes::new(&mut memory, stack_size())?;
        let start = Box::into_raw(Box::new(Start { name, body }));
        let mut id = MaybeUninit::uninit();
        // SAFETY: `id` may be written to, the attributes are initialised, and `run` takes over `start`.
        let mut refused = unsafe {
            libc::pthread_create(id.as_mut_ptr(), attributes.0.as_ptr(), run, start.cast())
        };
        if refused == libc::EINVAL {
            // The program's locals need more than that: the C library knows how much.
            // SAFETY: as above; no thread has been started, and without attributes there are the usual ones.
            refused =
                unsafe { libc::pthread_create(id.as_mut_ptr(), ptr::null(), run, start.cast()) };
        }
        if let Err(error) = refusal(refused) {
            // SAFETY: it came from a box above, and no thread has it.
            drop(unsafe { Box::from_raw(start) });
            return Err(error);
        }
        // SAFETY: the call has succeeded, so it has written the id.
        let id = unsafe { id.assume_init() };
        Ok(Self { id })
    }

    /// Waits until the thread has ended. Not to be called on the thread itself.
    pub(super) fn join(self) -> io::Result<()> {
        let id = self.id;
        // The system takes it back when it is joined; and refuses only what is no thread that could be let
        // go of instead.
        mem::forget(self);
        // SAFETY: the thread was neither joined nor let go of: both use its only handle up.
        refusal(unsafe { libc::pthread_join(id, ptr::null_mut()) })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: the thread was neither joined nor let go of, and is one of this process: in a forked child,
        // where the id may be that of another thread, the handle is forgotten.
        let refused = unsafe { libc::pthread_detach(self.id) };
        debug_assert_eq!(refused, 0, "there is a thread to let go of");
    }
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: it came from a box of this type, for this thread alone.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    let Start { name, body } = *start;
    give_name(name);
    body();
    ptr::null_mut()
}

/// What a thread is to be like, in memory that it does not leave: C libraries may count on that.
///
/// Without any, its stack is as large as the C library likes: from 128 KiB up to the limit of the process's
/// first stack.
struct Attributes<'a>(&'a mut MaybeUninit<libc::pthread_attr_t>);

impl<'a> Attributes<'a> {
    fn new(memory: &'a mut MaybeUninit<libc::pthread_attr_t>, stack: usize) -> io::Result<Self> {
        // SAFETY: they may be written to.
        refusal(unsafe { libc::pthread_attr_init(memory.as_mut_ptr()) })?;
        let attributes = Self(memory);
        // SAFETY: the call has succeeded, so they are initialised.
        refusal(unsafe { libc::pthread_attr_setstacksize(attributes.0.as_mut_ptr(), stack) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: they are initialised, and not used again. A thread that was made with them has its own copy.
        let refused = unsafe { libc::pthread_attr_destroy(self.0.as_mut_ptr()) };
        debug_assert_eq!(refused, 0, "what is initialised can be destroyed");
    }
}

/// Turns the system's answer into a result.
fn refusal(answer: libc::c_int) -> io::Result<()> {
    match answer {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
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
