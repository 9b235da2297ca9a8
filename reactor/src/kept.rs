//! Values that stay on their reactor's thread, behind handles that may be anywhere.
//!
//! Sockets and timers of a reactor are neither `Send` nor `Sync`; some libraries want them to be both,
//! whatever they are run by. A [`Kept`] is only the name of a value in a table that the reactor has,
//! so that the claim is true by itself: whoever is elsewhere gets a panic instead of the value.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll};

use slab::Slab;

use crate::caught;
use crate::context::{self, Context, NotOnReactor};
use crate::remote::Remote;

/// The values that a reactor keeps.
pub(crate) struct Keeper {
    table: RefCell<Slab<Entry>>,
    generation: Cell<u64>,
    left: OnceCell<Arc<Left>>,
}

struct Entry {
    generation: u64,
    value: Rc<dyn Any>,
}

/// The name of a value. Indices are used again, generations are not.
#[derive(Clone, Copy, Debug)]
struct Key {
    index: usize,
    generation: u64,
}

/// What a reactor shares with the handles on its values: where they leave the names of what is to be
/// dropped. It also tells reactors apart.
struct Left {
    remote: Remote,
    keys: Mutex<Vec<Key>>,
    is_dirty: AtomicBool,
}

impl Keeper {
    pub(crate) fn new() -> Self {
        Self {
            table: RefCell::new(Slab::new()),
            generation: Cell::new(0),
            left: OnceCell::new(),
        }
    }

    /// Drops all values, whatever handles there are: the reactor stops.
    pub(crate) fn end(&self) {
        loop {
            // Out of the borrow before they are dropped: one may hold handles on others, or make some.
            let entries = mem::take(&mut *self.table.borrow_mut());
            if entries.is_empty() {
                break;
            }
            for (_, entry) in entries {
                caught::contain("the destructor of a socket", || drop(entry));
            }
        }
        if let Some(left) = self.left.get() {
            left.keys().clear();
        }
    }

    fn insert(&self, value: Rc<dyn Any>) -> Key {
        let generation = self.generation.get();
        self.generation.set(generation + 1);
        let entry = Entry { generation, value };
        let index = self.table.borrow_mut().insert(entry);
        Key { index, generation }
    }

    fn get(&self, key: Key) -> Option<Rc<dyn Any>> {
        let table = self.table.borrow();
        let entry = table.get(key.index)?;
        (entry.generation == key.generation).then(|| Rc::clone(&entry.value))
    }

    /// Drops a value, unless the reactor has stopped since it was made, and dropped it then.
    fn remove(&self, key: Key) {
        let mut table = self.table.borrow_mut();
        let entry = match table.get(key.index) {
            Some(entry) if entry.generation == key.generation => table.remove(key.index),
            _ => return,
        };
        // A socket has the wakers of those who wait for it, which are foreign.
        drop(table);
        drop(entry);
    }

    /// Drops the values whose handles were dropped elsewhere. To be called when a turn begins,
    /// and when the loop wakes up.
    pub(crate) fn sweep(&self) {
        let is_dirty = |left: &&Arc<Left>| left.is_dirty.load(Ordering::Relaxed);
        let Some(left) = self.left.get().filter(is_dirty) else {
            return;
        };
        left.is_dirty.store(false, Ordering::Relaxed);
        let keys = mem::take(&mut *left.keys());
        for key in keys {
            caught::contain("the destructor of a socket", || self.remove(key));
        }
    }

    fn left(&self, context: &Context) -> &Arc<Left> {
        self.left.get_or_init(|| {
            Arc::new(Left {
                remote: Remote::new(context.scheduler.clone()),
                keys: Mutex::new(Vec::new()),
                is_dirty: AtomicBool::new(false),
            })
        })
    }
}

impl Left {
    fn keys(&self) -> MutexGuard<'_, Vec<Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the reactor drop a value.
    fn leave(&self, key: Key) {
        if self.remote.shared().is_forked() {
            // The value is the parent's, and another thread of it may have had the lock.
            return;
        }
        self.keys().push(key);
        // The loop looks at this when it is awake, and the notification wakes it.
        self.is_dirty.store(true, Ordering::Release);
        self.remote.notify();
    }
}

/// A handle on a value that stays on the reactor's thread. The handle itself may be anywhere.
///
/// Dropped on its reactor, it drops the value at once; dropped elsewhere, it has the reactor do that in
/// one of its next turns, at the latest when it stops. A reactor that stops drops all values.
pub(crate) struct Kept<T> {
    left: Arc<Left>,
    key: Key,
    // It gives one out, and has none.
    marker: PhantomData<fn() -> Rc<T>>,
}

/// The reactor that kept a value has stopped since, and dropped it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its reactor has stopped since this was made")
    }
}

impl std::error::Error for Gone {}

impl From<Gone> for io::Error {
    fn from(gone: Gone) -> Self {
        Self::new(io::ErrorKind::NotConnected, gone)
    }
}

impl<T: 'static> Kept<T> {
    /// Has the reactor that the calling thread runs keep a value.
    pub(crate) fn new(value: T) -> Result<Self, NotOnReactor> {
        let context = context::current()?;
        Ok(Self {
            left: Arc::clone(context.keeper.left(&context)),
            key: context.keeper.insert(Rc::new(value)),
            marker: PhantomData,
        })
    }

    /// Returns the value.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running the reactor that keeps it.
    #[track_caller]
    pub(crate) fn get(&self) -> Result<Rc<T>, Gone> {
        let context = self
            .context()
            .expect("what a reactor keeps is used on the thread that runs it, and on no other");
        let value = context.keeper.get(self.key).ok_or(Gone)?;
        Ok(value
            .downcast()
            .expect("a key names the value that it was made for"))
    }
}

impl<T> Kept<T> {
    /// Returns the reactor that keeps the value, if the calling thread is running that one.
    fn context(&self) -> Option<Rc<Context>> {
        context::current().ok().filter(|context| {
            let theirs = context.keeper.left.get();
            theirs.is_some_and(|theirs| Arc::ptr_eq(theirs, &self.left))
        })
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        match self.context() {
            Some(context) => context.keeper.remove(self.key),
            None => self.left.leave(self.key),
        }
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("key", &self.key).finish()
    }
}

/// A future that stays on the reactor's thread, and is polled through a handle there.
#[derive(Debug)]
pub(crate) struct KeptFuture<F> {
    // Taken out while it is polled.
    kept: Kept<Cell<Option<Pin<Box<F>>>>>,
}

impl<F: Future + 'static> KeptFuture<F> {
    /// Has the reactor that the calling thread runs keep a future.
    pub(crate) fn new(future: F) -> Result<Self, NotOnReactor> {
        let kept = Kept::new(Cell::new(Some(Box::pin(future))))?;
        Ok(Self { kept })
    }
}

impl<F: Future + 'static> Future for KeptFuture<F> {
    type Output = Result<F::Output, Gone>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let place = self.kept.get()?;
        let mut future = place
            .take()
            .expect("a future is not polled again when it has ended");
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            place.set(Some(future));
        }
        polled.map(Ok)
    }
}
