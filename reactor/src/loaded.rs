//! Keeping the library in memory for as long as the process lives.
//!
//! A program may load this library as part of a plug-in and unload the plug-in again. Threads that
//! run its code, and hooks that the system calls, would find the code gone. So whatever leaves one
//! of these behind first makes the library one that stays: `dlclose` of the plug-in succeeds, and
//! unloads nothing.

use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Makes the system refuse to unload the library that this code is part of.
///
/// Does nothing in a program that has this code itself, which is never unloaded.
pub(crate) fn stay() {
    let here: *const c_void = (stay as fn() as *const ()).cast();
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `dladdr` looks `here` up without using what is there, and writes to `info` alone.
    let found = unsafe { libc::dladdr(here, info.as_mut_ptr()) };
    if found == 0 {
        // Not a dynamic program.
        return;
    }
    // SAFETY: `dladdr` has said that it filled it.
    let info = unsafe { info.assume_init() };
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // A null says that no library has this name: it is the program's. A handle is never closed.
    // SAFETY: the name is the loader's own, of something that is loaded, for this is part of it.
    // With NOLOAD nothing is loaded, so no initialiser runs.
    unsafe { libc::dlopen(info.dli_fname, flags) };
}
