//! Cases that leave no children behind, and programs to be their children.

use std::future::{Future, poll_fn};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crochet::pipe::{PipeReader, PipeWriter, pipe};
use crochet::process::{Child, ChildOutput, Command, Stdio};
use crochet::sleep;
use crochet_tests::backends::for_every_backend;
use crochet_tests::children;
use crochet_tests::tidy::Tidy;

/// Runs a case on a reactor of every back end. Children that it has dropped die while the loop turns; then nothing is
/// left of them.
#[track_caller]
pub(crate) fn on_every_backend<F>(case: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    for_every_backend(move |settings| {
        let case = case();
        Tidy::with(settings).complete(async move {
            case.await;
            while !children::ids().is_empty() {
                sleep(Duration::ZERO).await;
            }
        });
    });
}

/// Runs a case that leaves children for the reactor's end to kill. When that has ended there are none.
#[track_caller]
pub(crate) fn on_every_backend_leaving<F>(case: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    for_every_backend(move |settings| {
        Tidy::with(settings).complete_leaving(case());
        assert_eq!(children::ids(), []);
    });
}

/// A shell that runs a script, with its output piped.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A shell that has the reading end of a pipe as file 3. Until something is written to the other end, or that is
/// dropped, the script can wait there.
pub(crate) fn held_shell(script: &str) -> (Command, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    let mut command = shell(script);
    command.fd(3, blocking(reader)).unwrap();
    (command, writer)
}

/// Makes a file of the end of a pipe, for a program that does not expect it not to block.
pub(crate) fn blocking(reader: PipeReader) -> OwnedFd {
    use std::os::fd::{AsFd, AsRawFd};
    let file = reader.as_fd().try_clone_to_owned().unwrap();
    let mut on: libc::c_int = 0;
    // SAFETY: the file is open, and the request reads one integer.
    let refused = unsafe { libc::ioctl(file.as_raw_fd(), libc::FIONBIO, &raw mut on) };
    assert_eq!(refused, 0);
    file
}

/// Waits for a line.
pub(crate) async fn line(output: &ChildOutput) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while output.read(&mut byte).await.unwrap() == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// Reads to the end.
pub(crate) async fn rest(output: &ChildOutput) -> Vec<u8> {
    let mut all = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match output.read(&mut chunk).await.unwrap() {
            0 => return all,
            length => all.extend_from_slice(&chunk[..length]),
        }
    }
}

/// Starts a shell that says when it runs the script; it does by now.
pub(crate) async fn started(script: &str) -> (Child, ChildOutput) {
    let mut child = shell(&format!("echo ready; {script}")).spawn().unwrap();
    let output = child.take_stdout().unwrap();
    assert_eq!(line(&output).await, "ready");
    (child, output)
}

/// Polls a future once; drops it.
pub(crate) async fn is_ready(future: impl Future) -> bool {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}
