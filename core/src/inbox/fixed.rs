//! An inbox with its own storage, for static memory and interrupts.

use core::fmt;
use core::marker::{PhantomData, PhantomPinned};
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr::NonNull;

use super::{Closed, Inbox, Link, Linked, Wake};
use crate::primitive::{AtomicU8, Ordering, UnsafeCell, const_unless_loom};

/// An [`Inbox`] of values, with storage for `N` of them and no allocator.
///
/// It is the same queue, over `N` nodes of its own. Any context may post, an interrupt included;
/// one consumer drains. It is used through a pin, so that its nodes stay where they are: put it in
/// a `static` and take `Pin::static_ref`, or pin it on the stack.
///
/// # Examples
///
/// ```
/// use core::pin::{Pin, pin};
/// use crochet_core::inbox::{FixedInbox, Wake};
///
/// let inbox = pin!(FixedInbox::<u32, 2>::new());
/// let inbox = inbox.as_ref();
/// assert_eq!(inbox.post(1), Ok(Wake::Unneeded));
/// assert_eq!(inbox.post(2), Ok(Wake::Unneeded));
/// assert_eq!(inbox.post(3).unwrap_err().into_inner(), 3);
/// assert!(inbox.drain().eq([1, 2]));
/// assert!(inbox.try_sleep());
/// assert_eq!(inbox.post(4), Ok(Wake::Needed));
/// ```
pub struct FixedInbox<T, const N: usize> {
    inbox: Inbox<Cell<T>>,
    cells: [Cell<T>; N],
    _pinned: PhantomPinned,
}

/// Why a value could not be posted. Gives the value back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PostError<T> {
    /// All places are taken.
    Full(T),
    /// The inbox is closed.
    Closed(T),
}

/// A node with room for one value.
struct Cell<T> {
    link: Link<Self>,
    taken: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// The right to read and free a taken cell.
struct Taken<T> {
    cell: NonNull<Cell<T>>,
    marker: PhantomData<T>,
}

// SAFETY: it stands for a value of type `T` that moves with it.
unsafe impl<T: Send> Send for Taken<T> {}

// SAFETY: the pointer is kept as it is; the cell stays at its address because the inbox is pinned
// and takes all cells out of the queue before it goes. A cell is queued only by whoever took it.
unsafe impl<T> Linked for Cell<T> {
    type Handle = Taken<T>;

    fn into_raw(handle: Taken<T>) -> NonNull<Self> {
        let cell = handle.cell;
        core::mem::forget(handle);
        cell
    }

    unsafe fn from_raw(cell: NonNull<Self>) -> Taken<T> {
        Taken {
            cell,
            marker: PhantomData,
        }
    }

    unsafe fn link<'a>(cell: NonNull<Self>) -> &'a Link<Self> {
        // SAFETY: the caller says that the cell is valid.
        let cell: &'a Self = unsafe { cell.as_ref() };
        &cell.link
    }
}

const FREE: u8 = 0;
const TAKEN: u8 = 1;

impl<T> Cell<T> {
    const_unless_loom! {
        fn free() -> Self {
            Self {
                link: Link::new(),
                taken: AtomicU8::new(FREE),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }
    }

    /// Takes the cell for `value` if it is free.
    fn take(&self, value: T) -> Result<Taken<T>, T> {
        let claimed = self.taken.load(Ordering::Relaxed) == FREE
            && self.taken.swap(TAKEN, Ordering::AcqRel) == FREE;
        if !claimed {
            return Err(value);
        }
        self.value.with_mut(|slot| {
            // SAFETY: the swap above gave this call the cell.
            unsafe { (*slot).write(value) };
        });
        Ok(Taken {
            cell: NonNull::from(self),
            marker: PhantomData,
        })
    }
}

impl<T> Taken<T> {
    fn into_inner(self) -> T {
        // SAFETY: a `Taken` keeps its inbox's pinned cell; the inbox drops them before itself.
        let cell = unsafe { self.cell.as_ref() };
        let value = cell.value.with(|slot| {
            // SAFETY: a taken cell holds a value, and its `Taken` is consumed here.
            unsafe { slot.cast::<T>().read() }
        });
        cell.taken.store(FREE, Ordering::Release);
        core::mem::forget(self);
        value
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        drop(
            Self {
                cell: self.cell,
                marker: PhantomData,
            }
            .into_inner(),
        );
    }
}

// SAFETY: values move from the posting contexts to the consumer's, hence `T: Send`.
unsafe impl<T: Send, const N: usize> Sync for FixedInbox<T, N> {}
// SAFETY: as above.
unsafe impl<T: Send, const N: usize> Send for FixedInbox<T, N> {}

impl<T, const N: usize> Default for FixedInbox<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> fmt::Debug for FixedInbox<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedInbox")
            .field("capacity", &N)
            .finish_non_exhaustive()
    }
}

impl<T, const N: usize> FixedInbox<T, N> {
    /// Makes an empty inbox whose consumer is awake.
    #[cfg(not(crochet_loom))]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            cells: [const { Cell::free() }; N],
            _pinned: PhantomPinned,
        }
    }

    /// Makes an empty inbox whose consumer is awake.
    #[cfg(crochet_loom)]
    #[must_use]
    pub fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            cells: core::array::from_fn(|_| Cell::free()),
            _pinned: PhantomPinned,
        }
    }

    /// Queues `value` behind all that were posted before.
    ///
    /// Looks for a free place among the `N`; takes at most `N` steps and never waits.
    ///
    /// # Errors
    ///
    /// Gives the value back when all places are taken, or the inbox is closed.
    pub fn post(self: Pin<&Self>, value: T) -> Result<Wake, PostError<T>> {
        let mut value = value;
        for cell in &self.get_ref().cells {
            match cell.take(value) {
                Ok(taken) => {
                    return self
                        .inbox
                        .push(taken)
                        .map_err(|Closed(taken)| PostError::Closed(taken.into_inner()));
                }
                Err(back) => value = back,
            }
        }
        Err(PostError::Full(value))
    }

    /// Makes the consumer look around once more, without a value.
    pub fn notify(&self) -> Wake {
        self.inbox.notify()
    }

    /// Takes everything that is queued, oldest first, and ends a sleep or a notification.
    ///
    /// The place of a value is free again when the iterator has returned it.
    pub fn drain(self: Pin<&Self>) -> impl Iterator<Item = T> + '_ {
        self.get_ref().inbox.drain().map(Taken::into_inner)
    }

    /// Announces that the consumer goes to sleep, if there is nothing to do.
    ///
    /// After `true` the next post or notification is told to wake the consumer.
    #[must_use]
    pub fn try_sleep(&self) -> bool {
        self.inbox.try_sleep()
    }

    /// Tells whether there is something for the consumer to look at.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.inbox.has_news()
    }

    /// Closes the inbox and takes what is still queued, as one step: every post either is in the
    /// returned values or has been refused.
    pub fn close(self: Pin<&Self>) -> (impl Iterator<Item = T> + '_, Wake) {
        let (rest, wake) = self.get_ref().inbox.close();
        (rest.map(Taken::into_inner), wake)
    }
}

impl<T> PostError<T> {
    /// Returns the value that could not be posted.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> fmt::Debug for PostError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for PostError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the inbox is full",
            Self::Closed(_) => "the inbox is closed",
        })
    }
}

impl<T> core::error::Error for PostError<T> {}
