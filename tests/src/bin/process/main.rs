//! Programs that are sent signals, fork, load a library, or end with much left to do. The argument names one; the
//! tests know what it prints and how it ends.

#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod lifecycle;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod unload;

#[cfg(unix)]
fn main() {
    programs::run();
}

#[cfg(not(unix))]
fn main() {}
