//! The standard files, in programs of their own: pipes, sockets, terminals, files on a disk; on every back end.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crochet::Backend;
use crochet_tests::child::LEAVING;
use crochet_tests::folder::Folder;

/// More than a pipe, a socket or a job of the pool takes at a time.
const MUCH: usize = 400_000;

fn program(name: &str, backend: Backend) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stdio"));
    command.arg(name).arg(format!("{backend:?}"));
    command
}

/// The programs that copy, by methods and by the traits of `futures-io`, on every back end.
fn copies() -> impl Iterator<Item = (&'static str, Backend)> {
    let on_each = |way| Backend::ALL.iter().map(move |backend| (way, *backend));
    ["copy", "copy-by-traits"].into_iter().flat_map(on_each)
}

fn much() -> Vec<u8> {
    (0..MUCH).map(|at| (at % 251) as u8).collect()
}

fn is_blocking(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: asking for flags touches no memory.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    flags & libc::O_NONBLOCK == 0
}

/// Writes to one end while as much is read from the other.
fn exchange(mut child: Child, mut to: impl Write + Send + 'static, from: impl Read) -> Ended {
    let writer = thread::spawn(move || to.write_all(&much()).expect("it reads"));
    let mut copy = Vec::new();
    let mut from = from.take(MUCH as u64);
    from.read_to_end(&mut copy).expect("it writes");
    writer.join().expect("no panic");
    let mut report = String::new();
    let mut err = child.stderr.take().expect("a pipe");
    err.read_to_string(&mut report).expect("text");
    assert!(child.wait().expect("it ends").success(), "{report}");
    Ended { copy, report }
}

struct Ended {
    copy: Vec<u8>,
    report: String,
}

impl Ended {
    #[track_caller]
    fn assert_copied(&self, manner: &str) {
        assert!(self.copy == much(), "{} bytes came", self.copy.len());
        let by = format!("{MUCH} bytes by ");
        assert!(self.report.starts_with(&by), "{}", self.report);
        if cfg!(target_os = "linux") {
            assert!(self.report.contains(manner), "{}", self.report);
        }
    }
}

#[test]
fn pipes_are_copied_and_left_as_they_are() {
    for (way, backend) in copies() {
        let (reader, to) = pipe();
        let (from, writer) = pipe();
        let kept = [reader.try_clone().unwrap(), writer.try_clone().unwrap()];
        let mut command = program(way, backend);
        command.stdin(reader).stdout(writer).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        exchange(child, to, from).assert_copied("Own");
        assert!(kept.iter().all(|end| is_blocking(end.as_fd())));
    }
}

#[test]
fn sockets_are_copied_and_left_as_they_are() {
    for (way, backend) in copies() {
        let (near, far) = UnixStream::pair().unwrap();
        let kept = far.try_clone().unwrap();
        let mut command = program(way, backend);
        command.stdin(OwnedFd::from(far.try_clone().unwrap()));
        command.stdout(OwnedFd::from(far)).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        let ender = near.try_clone().unwrap();
        let to = EndAfter(near.try_clone().unwrap(), ender);
        exchange(child, to, near).assert_copied("Socket");
        assert!(is_blocking(kept.as_fd()));
    }
}

/// Closes the direction when all has been written.
struct EndAfter(UnixStream, UnixStream);

impl Write for EndAfter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for EndAfter {
    fn drop(&mut self) {
        self.1
            .shutdown(std::net::Shutdown::Write)
            .expect("it is connected");
    }
}

#[test]
fn files_on_a_disk_are_copied() {
    for (way, backend) in copies() {
        let folder = Folder::new();
        fs::write(folder.path("from"), much()).unwrap();
        let mut command = program(way, backend);
        command.stdin(File::open(folder.path("from")).unwrap());
        command.stdout(File::create(folder.path("to")).unwrap());
        let output = command.output().unwrap();
        let ended = Ended {
            copy: fs::read(folder.path("to")).unwrap(),
            report: String::from_utf8(output.stderr).unwrap(),
        };
        ended.assert_copied("in the thread pool");
    }
}

#[test]
fn a_device_that_cannot_be_waited_for_is_read_and_written() {
    for (way, backend) in copies() {
        let mut command = program(way, backend);
        let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
        let report = String::from_utf8(output.unwrap().stderr).unwrap();
        assert!(report.starts_with("0 bytes by "), "{report}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_written_is_told() {
    for (way, backend) in copies() {
        let folder = Folder::new();
        // So little that there is no next write, which would be told of the first one.
        fs::write(folder.path("from"), "text").unwrap();
        let mut command = program(way, backend);
        command.stdin(File::open(folder.path("from")).unwrap());
        command.stdout(File::create("/dev/full").unwrap());
        let output = command.output().unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(report.contains("No space left on device"), "{report}");
        assert!(!output.status.success());
    }
}

#[test]
fn what_is_given_up_is_not_lost() {
    for backend in Backend::ALL.iter().copied() {
        let folder = Folder::new();
        let text = &much()[..300];
        fs::write(folder.path("from"), text).unwrap();
        let mut command = program("give-up", backend);
        command.stdin(File::open(folder.path("from")).unwrap());
        let output = command.output().unwrap();
        assert_eq!(output.stdout, text);
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_read_that_waits_does_not_hold_the_exit_up() {
    for backend in Backend::ALL.iter().copied() {
        let (near, far) = UnixStream::pair().unwrap();
        let (reader, writer) = pipe();
        let (terminal, others) = terminal();
        let inputs: [(Stdio, OwnedFd); 3] = [
            (OwnedFd::from(far).into(), near.into()),
            (reader.into(), writer.into()),
            (others.try_clone().unwrap().into(), terminal),
        ];
        for (input, other) in inputs {
            let mut command = program("leave", backend);
            let mut child = command.stdin(input).stdout(Stdio::piped()).spawn().unwrap();
            drop(command);
            let mut lines = String::new();
            let mut out = child.stdout.take().unwrap();
            let begun = Instant::now();
            out.read_to_string(&mut lines).unwrap();
            assert!(child.wait().unwrap().success());
            assert_eq!(lines.trim_end(), LEAVING);
            // The pool would wait for a thread in a read for 5 seconds.
            assert!(begun.elapsed() < Duration::from_secs(4));
            drop(other);
        }
        assert!(is_blocking(others.as_fd()));
    }
}

#[test]
fn a_terminal_is_copied_line_by_line_and_left_as_it_is() {
    for backend in Backend::ALL.iter().copied() {
        let (terminal, others) = terminal();
        let before = settings(others.as_fd());
        let mut terminal = File::from(terminal);
        let mut command = program("copy", backend);
        command.stdin(others.try_clone().unwrap());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut out = child.stdout.take().unwrap();
        let mut line = [0; 6];
        for text in [b"one..\n", b"two..\n"] {
            terminal.write_all(text).unwrap();
            out.read_exact(&mut line).unwrap();
            assert_eq!(&line, text);
        }
        assert!(is_blocking(others.as_fd()));
        // The character that ends the input.
        terminal.write_all(&[4]).unwrap();
        let output = child.wait_with_output().unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(report.starts_with("12 bytes by "), "{report}");
        assert_eq!(settings(others.as_fd()), before);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_opened_again_is_asked_before_each_read() {
    for backend in Backend::ALL.iter().copied() {
        // Opening the near side again would make another terminal.
        let (near, far) = terminal();
        let kept = near.try_clone().unwrap();
        let mut far = File::from(far);
        let mut command = program("copy", backend);
        command.stdin(near).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut out = child.stdout.take().unwrap();
        let mut line = [0; 4];
        for text in [b"one.", b"two."] {
            far.write_all(text).unwrap();
            out.read_exact(&mut line).unwrap();
            assert_eq!(&line, text);
        }
        assert!(is_blocking(kept.as_fd()));
        // The near side of a terminal that is gone tells an error, and so does the program.
        drop(far);
        let output = child.wait_with_output().unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(report.contains("Input/output error"), "{report}");
    }
}

/// A pipe that programs which are started do not inherit.
fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: the pointer is to two integers.
    let refused = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(refused, 0);
    ends.map(own).map(File::from).into()
}

/// A terminal's two sides.
fn terminal() -> (OwnedFd, OwnedFd) {
    let mut sides = [0; 2];
    let [near, far] = &mut sides;
    let none = std::ptr::null_mut();
    // SAFETY: the pointers are to integers, or null, which stands for nothing and for defaults.
    let refused =
        unsafe { libc::openpty(near, far, none, std::ptr::null_mut(), std::ptr::null_mut()) };
    assert_eq!(refused, 0);
    for side in sides {
        // SAFETY: setting flags touches no memory.
        let refused = unsafe { libc::fcntl(side, libc::F_SETFD, libc::FD_CLOEXEC) };
        assert_eq!(refused, 0);
    }
    sides.map(own).into()
}

fn own(fd: i32) -> OwnedFd {
    // SAFETY: it has just been made, and is nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// A terminal's settings.
fn settings(terminal: BorrowedFd<'_>) -> (u32, u32, u32, u32) {
    let mut told = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: the pointer is to room for the settings.
    let refused = unsafe { libc::tcgetattr(terminal.as_raw_fd(), told.as_mut_ptr()) };
    assert_eq!(refused, 0);
    // SAFETY: the call has filled it.
    let told = unsafe { told.assume_init() };
    (told.c_iflag, told.c_oflag, told.c_cflag, told.c_lflag)
}
