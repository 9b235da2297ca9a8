//! The scheduler under test, with scripted tasks.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use crochet_core::driver::{Unpark, Work};
use crochet_core::scheduler::{NotOnLoop, OnLoop, Scheduler};
use crochet_core::task::Operation;

use super::{Act, Event, From, Next, Op, Outcome, Script, View};

#[derive(Clone)]
struct Platform(Arc<Shared>);

struct Shared {
    is_elsewhere: AtomicBool,
    unparks: AtomicUsize,
}

impl Unpark for Platform {
    fn unpark(&self) {
        self.0.unparks.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: everything happens on one thread, whatever the answer is.
unsafe impl OnLoop for Platform {
    fn is_on_loop(&self) -> bool {
        !self.0.is_elsewhere.load(Ordering::Relaxed)
    }
}

type Handle = Arc<Operation<Scheduler<Platform>, ()>>;

/// The scheduler and what there is of each task. No lock is held while anything is called that may
/// come back here.
pub(super) struct World(Arc<Inner>);

struct Inner {
    platform: Platform,
    scheduler: Scheduler<Platform>,
    tasks: Mutex<Vec<Task>>,
    events: Mutex<Vec<Event>>,
}

#[derive(Default)]
struct Task {
    handle: Option<Handle>,
    waker: Option<Waker>,
}

/// What a task has in its memory, whether as a function or as a future.
struct Body {
    number: usize,
    script: Script,
    polls: usize,
    world: Arc<Inner>,
}

impl Future for Body {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (act, next) = self.script.poll(self.polls);
        if self.polls == 0 {
            self.world.tasks()[self.number].waker = Some(cx.waker().clone());
        }
        self.polls += 1;
        self.world.record(Event::Polled(self.number));
        self.world.act(self.number, act);
        match next {
            Next::Pending => Poll::Pending,
            Next::Ready => Poll::Ready(()),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.world.record(Event::Dropped(self.number));
        if !thread::panicking() {
            self.world.act(self.number, self.script.on_drop);
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        let platform = Platform(Arc::new(Shared {
            is_elsewhere: AtomicBool::new(false),
            unparks: AtomicUsize::new(0),
        }));
        Self(Arc::new(Inner {
            scheduler: Scheduler::new(platform.clone()),
            platform,
            tasks: Mutex::default(),
            events: Mutex::default(),
        }))
    }

    pub(super) fn apply(&self, op: Op) -> Outcome {
        let world = &self.0;
        match op {
            Op::Submit(from, script) => self.by(from, || world.submit(script)),
            Op::Spawn(from, script) => self.by(from, || world.spawn(script)),
            Op::Wake(from, pick) => self.by(from, || world.wake_picked(pick)),
            Op::Cancel(from, pick) => self.by(from, || world.cancel(pick)),
            Op::Close(from) => self.by(from, || world.scheduler.close()),
            Op::Run(from) => {
                let mut ran = false;
                match self.by(from, || ran = world.scheduler.run_one()) {
                    Outcome::Done => Outcome::Told(ran),
                    outcome => outcome,
                }
            }
            Op::TrySleep => Outcome::Told(world.scheduler.try_sleep()),
            Op::Detach(pick) => self.by(From::Loop, || {
                if let Some(task) = world.pick(pick) {
                    let handle = world.tasks()[task].handle.take();
                    drop(handle);
                }
            }),
            Op::DropWaker(pick) => self.by(From::Loop, || {
                if let Some(task) = world.pick(pick) {
                    let waker = world.tasks()[task].waker.take();
                    drop(waker);
                }
            }),
            Op::Notify => self.by(From::Loop, || world.scheduler.notify()),
            Op::Collect => self.by(From::Loop, || world.scheduler.collect()),
            Op::Awake => self.by(From::Loop, || world.scheduler.awake()),
            Op::Reopen => self.by(From::Loop, || world.scheduler.reopen()),
        }
    }

    pub(super) fn view(&self) -> View {
        let world = &self.0;
        let tasks = world.tasks();
        View {
            events: core::mem::take(&mut world.events.lock().expect("nobody panics with it")),
            phases: tasks
                .iter()
                .map(|task| task.handle.as_ref().map(|handle| handle.phase()))
                .collect(),
            suspended: world.scheduler.suspended(),
            is_ready: world.scheduler.is_ready(),
            is_closed: world.scheduler.is_closed(),
            unparks: world.platform.0.unparks.load(Ordering::Relaxed),
        }
    }

    /// Closes the scheduler for good and checks that nothing is left in memory.
    pub(super) fn end(self) {
        while self.apply(Op::Close(From::Loop)) == Outcome::Panicked {}
        loop {
            // Destructors may open it again and send more.
            let world = &self.0;
            world.scheduler.collect();
            if !world.scheduler.is_ready() && world.scheduler.suspended() == 0 {
                break;
            }
            while self.apply(Op::Close(From::Loop)) == Outcome::Panicked {}
        }
        let tasks = core::mem::take(&mut *self.0.tasks());
        let mut handles = tasks.iter().filter_map(|task| task.handle.as_ref());
        assert!(handles.all(|handle| handle.is_ended()), "every task ended");
        drop(tasks);
        let platform = self.0.platform.clone();
        assert_eq!(Arc::strong_count(&self.0), 1, "every body was dropped");
        drop(self);
        assert_eq!(Arc::strong_count(&platform.0), 1, "every task was freed");
    }

    fn by(&self, from: From, act: impl FnOnce()) -> Outcome {
        let is_elsewhere = &self.0.platform.0.is_elsewhere;
        is_elsewhere.store(from == From::Elsewhere, Ordering::Relaxed);
        let caught = catch_unwind(AssertUnwindSafe(act));
        is_elsewhere.store(false, Ordering::Relaxed);
        caught.map_or(Outcome::Panicked, |()| Outcome::Done)
    }
}

impl Inner {
    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().expect("nobody panics with it")
    }

    fn record(&self, event: Event) {
        self.events
            .lock()
            .expect("nobody panics with it")
            .push(event);
    }

    fn pick(&self, pick: u8) -> Option<usize> {
        usize::from(pick).checked_rem(self.tasks().len())
    }

    fn handle(&self, task: usize) -> Option<Handle> {
        self.tasks()[task].handle.clone()
    }

    /// Makes the memory of one more task.
    fn body(self: &Arc<Self>, script: Script) -> Body {
        let mut tasks = self.tasks();
        tasks.push(Task::default());
        Body {
            number: tasks.len() - 1,
            script,
            polls: 0,
            world: Arc::clone(self),
        }
    }

    fn submit(self: &Arc<Self>, script: Script) {
        let body = self.body(script);
        let number = body.number;
        let operation = self.scheduler.submit(move || {
            let body = body;
            body.world.record(Event::Made(body.number));
            body.world.act(body.number, body.script.make);
            body
        });
        self.tasks()[number].handle = Some(Arc::new(operation));
    }

    fn spawn(self: &Arc<Self>, script: Script) {
        let body = self.body(script);
        let number = body.number;
        match self.scheduler.spawn_local(body) {
            Ok(operation) => self.tasks()[number].handle = Some(Arc::new(operation)),
            Err(NotOnLoop(body)) => drop(body),
        }
    }

    fn wake_picked(&self, pick: u8) {
        if let Some(task) = self.pick(pick) {
            self.wake(task);
        }
    }

    fn wake(&self, task: usize) {
        let waker = self.tasks()[task].waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn cancel(&self, pick: u8) {
        if let Some(handle) = self.pick(pick).and_then(|task| self.handle(task)) {
            handle.cancel();
        }
    }

    fn act(self: &Arc<Self>, task: usize, act: Act) {
        match act {
            Act::Nothing => {}
            // No message on stderr.
            Act::Panic => resume_unwind(Box::new("scripted")),
            Act::WakeSelf => self.wake(task),
            Act::Wake(pick) => self.wake_picked(pick),
            Act::Cancel(pick) => self.cancel(pick),
            Act::Submit => self.submit(Script::CHILD),
            Act::Spawn => self.spawn(Script::CHILD),
            Act::Run => {
                let ran = self.scheduler.run_one();
                self.record(Event::Ran(ran));
            }
            Act::Close => self.scheduler.close(),
            Act::Reopen => self.scheduler.reopen(),
        }
    }
}
