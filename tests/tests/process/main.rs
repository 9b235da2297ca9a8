//! Children: real programs, on every back end. After each case this process has none, not even a zombie.
#![cfg(target_os = "linux")]

mod ends;
mod exit;
mod files;
mod groups;
mod output;
mod signals;
mod support;
