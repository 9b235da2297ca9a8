//! Who is at the other end.

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "credentials/linux.rs"]
mod system;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]
#[path = "credentials/bsd.rs"]
mod system;
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
#[path = "credentials/unknown.rs"]
mod system;

pub(super) use system::of_peer;

/// The process and the user at the other end of a connection, as they were when it was made: when
/// the process connected, listened, or made the pair.
///
/// The system vouches for them. The process may have passed its end on since, and its id may be
/// another's by now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credentials {
    process: Option<u32>,
    user: u32,
    group: u32,
}

impl Credentials {
    /// Returns the process's id, where the system tells it and it is one of this process's
    /// namespace: on Linux.
    #[must_use]
    pub const fn pid(&self) -> Option<u32> {
        self.process
    }

    /// Returns the id of the process's effective user.
    #[must_use]
    pub const fn uid(&self) -> u32 {
        self.user
    }

    /// Returns the id of the process's effective group.
    #[must_use]
    pub const fn gid(&self) -> u32 {
        self.group
    }
}
