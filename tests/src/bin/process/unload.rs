//! A program that loads a library and unloads it again. The second argument is the library's path.

use std::env;
use std::ffi::{CStr, CString, c_void};
use std::fs;
use std::os::unix::ffi::OsStringExt;

use crochet_tests::child::say;
use crochet_tests::forked;

type Double = extern "C" fn(u32) -> u32;

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
