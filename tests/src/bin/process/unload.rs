//! A program that loads a library and unloads it again. The second argument is the library's path.

use std::env;
use std::ffi::{CStr, CString, c_void};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use crochet::WaitError;
use crochet_tests::child::say;
use crochet_tests::{LONG, forked, logs, threads};

type Double = extern "C" fn(u32) -> u32;
type FindReactor = extern "C" fn() -> usize;

struct Plugin {
    path: CString,
    handle: *mut c_void,
}

impl Plugin {
    fn load() -> Self {
        let path = env::args_os().nth(2).expect("the plug-in's path");
        let path = CString::new(path.into_vec()).expect("a path has no zero");
        // SAFETY: the plug-in has no initialisers besides those of Rust's library, which may run at any time.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "the plug-in is loaded");
        Self { path, handle }
    }

    fn function(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the handle is that of a library that has not been closed.
        let found = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        assert!(!found.is_null(), "the plug-in has the function");
        found
    }

    fn doubler(&self, name: &CStr) -> Double {
        let found = self.function(name);
        // SAFETY: the plug-in's functions of these names have this type.
        unsafe { std::mem::transmute::<*mut c_void, Double>(found) }
    }

    fn reactor_finder(&self) -> FindReactor {
        let found = self.function(c"plugin_reactor");
        // SAFETY: the plug-in's function of this name has this type.
        unsafe { std::mem::transmute::<*mut c_void, FindReactor>(found) }
    }

    fn unload(&self) {
        // SAFETY: the handle is closed once, and what is called after this is what has stayed.
        let refused = unsafe { libc::dlclose(self.handle) };
        assert_eq!(refused, 0, "closing succeeds");
    }

    fn is_loaded(&self) -> bool {
        let name = self.path.to_str().expect("a path of text");
        let maps = fs::read_to_string("/proc/self/maps").expect("/proc is there");
        maps.lines().any(|line| line.ends_with(name))
    }
}

pub(crate) fn loads_and_unloads_unused() {
    let plugin = Plugin::load();
    assert!(plugin.is_loaded());
    assert_eq!(plugin.doubler(c"plugin_double")(4), 8);
    plugin.unload();
    assert!(
        !plugin.is_loaded(),
        "nothing keeps a library that was not set up"
    );
    say("unloaded");
}

pub(crate) fn loads_and_unloads() {
    let plugin = Plugin::load();
    let double = plugin.doubler(c"plugin_double_on_reactor");
    assert_eq!(double(4), 8);
    let go_on = plugin.function(c"plugin_go_on");
    // SAFETY: the plug-in's function of this name has this type.
    let go_on = unsafe { std::mem::transmute::<*mut c_void, extern "C" fn() -> bool>(go_on) };
    assert!(go_on());
    plugin.unload();
    assert!(plugin.is_loaded(), "its thread goes on, so it stays");

    // Its reactor still works, its fork hook is there, and so is its exit hook.
    assert_eq!(double(5), 10);
    forked::fork(|| assert_eq!(double(5), 10, "the child sets up its own")).assert_ends_well();
    let again = Plugin::load();
    assert_eq!(again.doubler(c"plugin_double_on_reactor")(6), 12);
    again.unload();
    say("stayed");
}

/// Sets up in many threads of the program's and many calls of the plug-in's, all at the same time. The plug-in has a
/// copy of the library of its own, and so a reactor of its own.
pub(crate) fn sets_up_beside_a_plugin() {
    const THREADS: usize = 8;

    logs::warn_on_stderr();
    let plugin = Plugin::load();
    let find = plugin.reactor_finder();
    let ready = Arc::new(Barrier::new(2 * THREADS));
    let ours = at_once(&ready, THREADS, || {
        crochet::setup().expect("a reactor");
        crochet::wait_for(LONG, || async { thread::current().id() }).expect("a value")
    });
    let theirs = at_once(&ready, THREADS, move || find());
    let (ours, theirs) = (all_the_same(ours), all_the_same(theirs));
    assert_ne!(theirs, 0, "the plug-in has a reactor");
    // A system's name for a thread has fifteen letters at most.
    let names = threads::names();
    let reactors = names.iter().filter(|name| *name == "crochet-reactor");
    assert_eq!(reactors.count(), 2, "{names:?}");

    // Neither knows of the other: not of its end, and not of what a child does.
    crochet::stop(LONG).expect("it stops");
    assert_eq!(find(), theirs, "the plug-in's goes on");
    crochet::setup().expect("another reactor");
    forked::fork(|| {
        let waited = crochet::wait_for(LONG, || async {});
        assert!(matches!(waited, Err(WaitError::Forked)));
        assert_ne!(find(), 0, "it sets up in the child");
        let waited = crochet::wait_for(LONG, || async {});
        assert!(matches!(waited, Err(WaitError::Forked)));
    })
    .assert_ends_well();
    let again = crochet::wait_for(LONG, || async { thread::current().id() });
    assert_ne!(again.expect("a value"), ours);
    assert_eq!(find(), theirs);
    say("one reactor each");
}

fn at_once<T: Send + 'static>(
    ready: &Arc<Barrier>,
    threads: usize,
    body: impl Fn() -> T + Clone + Send + 'static,
) -> Vec<JoinHandle<T>> {
    let start = || {
        let (ready, body) = (Arc::clone(ready), body.clone());
        thread::spawn(move || {
            ready.wait();
            body()
        })
    };
    (0..threads).map(|_| start()).collect()
}

fn all_the_same<T: Copy + PartialEq + std::fmt::Debug>(threads: Vec<JoinHandle<T>>) -> T {
    let joined = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"));
    let mut found: Vec<T> = joined.collect();
    found.dedup();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}
