//! Makes the pollers of a process fail.

use std::fs::{self, File};
use std::os::fd::AsRawFd;

/// Puts something else in the place of every poller of the process, as a program does that closes files that are not its
/// own.
///
/// # Panics
///
/// When there is none. Without `/proc`.
pub fn break_all() {
    let other = File::open("/dev/null").expect("it is there");
    let mut broken = 0;
    for entry in fs::read_dir("/proc/self/fd").expect("/proc is there") {
        let entry = entry.expect("an entry");
        let number = entry.file_name();
        let number = number.to_str().and_then(|text| text.parse::<i32>().ok());
        match fs::read_link(entry.path()) {
            Ok(target) if target.as_os_str() == "anon_inode:[eventpoll]" => {
                let number = number.expect("files have numbers");
                // SAFETY: no memory is touched; that the poller no longer works is the point.
                let put = unsafe { libc::dup2(other.as_raw_fd(), number) };
                assert_eq!(put, number);
                broken += 1;
            }
            // The listing's own file is there no longer.
            Ok(_) | Err(_) => {}
        }
    }
    assert!(broken > 0, "there is a poller");
}
