//! Other programs: starting them, hearing of their end, and ending them.
//!
//! [`process`](crate::process) starts programs from code on the reactor. It is there on Unix, except
//! OpenBSD. A [`Command`](crate::process::Command) is built as the standard library's; what a program
//! writes is read, and its end awaited, without a thread for each:
//!
//! ```
//! # #[cfg(all(unix, not(target_os = "openbsd")))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use crochet::process::{Command, Output, OutputError};
//! use crochet::{WaitError, wait_for};
//!
//! #[derive(Debug)]
//! enum ScriptError {
//!     Child(OutputError),
//!     NoEnd(WaitError),
//! }
//!
//! impl From<WaitError> for ScriptError {
//!     fn from(error: WaitError) -> Self {
//!         Self::NoEnd(error)
//!     }
//! }
//!
//! /// Takes ten seconds at most, and 64 KiB.
//! #[wait_for(timeout = 10.0)]
//! async fn run(script: &str) -> Result<Output, ScriptError> {
//!     let mut shell = Command::new("sh");
//!     let output = shell.arg("-c").arg(script).output(64 * 1024).await;
//!     output.map_err(ScriptError::Child)
//! }
//!
//! crochet::setup()?;
//! let output = run("echo hello; exit 3").unwrap();
//! assert_eq!(output.stdout, b"hello\n");
//! assert_eq!(output.status.code(), Some(3)); // Not an error of the call.
//!
//! let endless = run("exec yes");
//! assert!(matches!(endless, Err(ScriptError::Child(OutputError::TooMuch(_)))));
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, not(target_os = "openbsd"))))]
//! # fn main() {}
//! ```
//!
//! Without settings a child has this process's environment, directory and standard files;
//! [`output`](crate::process::Command::output) gives it an empty input, collects both outputs, and kills
//! a child that writes more than it may. The reactor's thread starts a child itself, mostly in less than a
//! tenth of a millisecond.
//!
//! # Talking with a child
//!
//! [`spawn`](crate::process::Command::spawn) gives a [`Child`](crate::process::Child), whose standard
//! files can be pipes to the loop. Dropping the writing end is what tells a child that there is no
//! more.
//!
//! ```
//! # #[cfg(all(unix, not(target_os = "openbsd")))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//!
//! use crochet::process::{Command, Stdio};
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 10.0)]
//! async fn sort(lines: &str) -> io::Result<Vec<u8>> {
//!     let mut sort = Command::new("sort");
//!     let mut child = sort.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//!     let input = child.take_stdin().expect("it is piped");
//!     input.write_all(lines.as_bytes()).await?;
//!     drop(input);
//!     let output = child.output(1024).await.map_err(io::Error::other)?;
//!     Ok(output.stdout)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(sort("b\na\n")?, b"a\nb\n");
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, not(target_os = "openbsd"))))]
//! # fn main() {}
//! ```
//!
//! A child that writes much while it is still being written to would block, and its writer with it:
//! then write in one task, and read in another.
//!
//! # Exited, and ended
//!
//! A program can leave others behind that it has started, with its output still open. So there are
//! two ends: [`exited`](crate::process::Child::exited) is that of the child itself;
//! [`ended`](crate::process::Child::ended) comes when nobody has its output open any more, and so does
//! [`output`](crate::process::Child::output), with what was written.
//!
//! ```
//! # #[cfg(all(unix, not(target_os = "openbsd")))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//!
//! use crochet::process::{Command, Stdio};
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 10.0)]
//! async fn outlived() -> io::Result<Vec<u8>> {
//!     let mut shell = Command::new("sh");
//!     // The shell ends at once. Its cat goes on, with the shell's input and output.
//!     shell.arg("-c").arg("exec 3<&0; cat <&3 & exit 0");
//!     let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//!     let input = child.take_stdin().expect("it is piped");
//!
//!     let status = child.exited().await.map_err(io::Error::other)?;
//!     assert!(status.success());
//!
//!     input.write_all(b"still here").await?;
//!     drop(input); // At this the cat ends.
//!     let output = child.output(100).await.map_err(io::Error::other)?;
//!     Ok(output.stdout)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(outlived()?, b"still here");
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, not(target_os = "openbsd"))))]
//! # fn main() {}
//! ```
//!
//! # Ending a child
//!
//! | what | does |
//! | --- | --- |
//! | [`Child::exited_within`](crate::process::Child::exited_within) | waits so long, then kills the child, and waits for that |
//! | [`Child::kill`](crate::process::Child::kill), [`signal`](crate::process::Child::signal) | sends a signal; never to another process that has been given the same id meanwhile |
//! | [`Child::kill_group`](crate::process::Child::kill_group), [`signal_group`](crate::process::Child::signal_group) | the same for all that a child of its [own group](crate::process::Command::own_group) has started |
//! | dropping the [`Child`](crate::process::Child) | kills it |
//! | dropping the future of `output` | kills it, so [`timeout`](crate::timeout) around it does |
//! | [`Child::detach`](crate::process::Child::detach) | lets it go on, after the reactor's end too |
//!
//! ```
//! # #[cfg(all(unix, not(target_os = "openbsd")))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//! use std::time::Duration;
//!
//! use crochet::process::{Command, ExitError};
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 10.0)]
//! async fn nap(length: &str, limit: Duration) -> io::Result<Result<bool, ExitError>> {
//!     let mut child = Command::new("sleep").arg(length).spawn()?;
//!     let exited = child.exited_within(limit).await;
//!     Ok(exited.map(|status| status.success()))
//! }
//!
//! crochet::setup()?;
//! assert_eq!(nap("0", Duration::from_secs(9))?, Ok(true));
//! assert_eq!(nap("1000", Duration::from_millis(10))?, Err(ExitError::TimedOut));
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, not(target_os = "openbsd"))))]
//! # fn main() {}
//! ```
//!
//! So the time limit of a decorated function, and whatever else [cancels](super::cancellation) its
//! operation, ends the children that it has. What such a child has started itself goes on, unless it
//! has a group of its own: then killing the child kills the group.
//!
//! # No zombies, no signals
//!
//! A child is reaped as soon as it has ended, whether or not anybody waits for it. On Linux the
//! system tells the loop of that; elsewhere a thread waits for each child. No handler of `SIGCHLD` is
//! set, and children that the program has started in other ways are left alone. If the program waits
//! for *all* children, or ignores `SIGCHLD`, the status of these is lost, which is
//! [`ExitError::Reaped`](crate::process::ExitError::Reaped).
//!
//! # When the reactor stops
//!
//! It kills its children and reaps them, which takes half a second at most: what the system keeps
//! longer is left to a thread. So none is left when the program ends, by [`stop`](crate::stop) or by
//! returning from `main`, except those that were detached. A child that needs a friendlier end gets it
//! from a [trigger](super::shutdown) of the phase `Before`, in which everything still works.
//!
//! On [virtual time](super::testing) there are no children, because they would not keep to it.
