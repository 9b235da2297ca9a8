//! What a child is given: arguments, environment, directory, files.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek};
use std::os::fd::OwnedFd;

use crochet::pipe::pipe;
use crochet::process::{Command, Stdio};
use crochet_tests::threads;

use crate::support::{on_every_backend, shell};

async fn text(command: &mut Command) -> String {
    let output = command.output(10_000).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_environment_is_inherited_changed_or_cleared() {
    on_every_backend(async || {
        let path = env::var("PATH").unwrap();
        assert_eq!(text(&mut shell("printf %s \"$PATH\"")).await, path);
        let mut command = shell("printf '%s %s' \"$ONE\" \"${HOME-none}\"");
        assert_eq!(
            text(command.env("ONE", "1").env_remove("HOME")).await,
            "1 none"
        );
        let mut command = Command::new("/usr/bin/env");
        assert_eq!(text(command.env_clear()).await, "");
        assert_eq!(
            text(command.envs([("A", "x"), ("B", "y")])).await,
            "A=x\nB=y\n"
        );
    });
}

#[test]
fn the_directory_is_the_one_that_was_set() {
    on_every_backend(async || {
        assert_eq!(text(Command::new("pwd").current_dir("/")).await, "/\n");
    });
}

#[test]
fn a_program_that_is_not_there_is_an_error_and_leaves_nothing() {
    on_every_backend(async || {
        let files = threads::open_files();
        let error = Command::new("/does/not/exist").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let mut command = shell("exit 0");
        let error = command.current_dir("/does/not/exist").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = Command::new("/").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(threads::open_files(), files);
        assert_eq!(crochet_tests::children::ids(), []);
    });
}

#[test]
fn a_program_that_is_not_there_is_an_error_whatever_files_it_is_given() {
    on_every_backend(async || {
        let mut command = Command::new("/does/not/exist");
        // One of them would land where the outcome is to be told.
        for number in 3..64 {
            command
                .fd(number, File::open("/dev/null").unwrap())
                .unwrap();
        }
        assert_eq!(command.spawn().unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn files_come_under_their_numbers_and_no_others_with_them() {
    on_every_backend(async || {
        let ((one, to_one), (two, to_two)) = (pipe().unwrap(), pipe().unwrap());
        let (one, two) = (crate::support::blocking(one), crate::support::blocking(two));
        to_one.write_all(b"one").await.unwrap();
        to_two.write_all(b"two").await.unwrap();
        drop((to_one, to_two));
        let mut command = shell(&format!("cat <&9; cat <&3; echo; {NUMBERS}"));
        // The last one counts.
        command.fd(3, File::open("/dev/null").unwrap()).unwrap();
        command.fd(3, one).unwrap().fd(9, two).unwrap();
        let printed = text(&mut command).await;
        let (contents, numbers) = printed.split_once('\n').unwrap();
        assert_eq!(contents, "twoone");
        // Whatever starts the tests may have left files open for everybody.
        let without = text(&mut shell(NUMBERS)).await;
        let (with, without) = (set(numbers), set(&without));
        assert!(with.is_superset(&BTreeSet::from([3, 9])), "{with:?}");
        assert!(
            without.is_superset(&BTreeSet::from([0, 1, 2])),
            "{without:?}"
        );
        assert_eq!(with, &without | &BTreeSet::from([3, 9]));
        // The reactor, at least, has some under low numbers.
        assert!(without.len() < threads::open_files(), "{without:?}");
    });
}

/// Prints the numbers of the shell's files, without opening one.
const NUMBERS: &str =
    "n=0; while [ $n -lt 255 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done; true";

fn set(numbers: &str) -> BTreeSet<u32> {
    let numbers = numbers.split_whitespace();
    numbers.map(|number| number.parse().unwrap()).collect()
}

#[test]
fn files_whose_numbers_are_each_others_are_exchanged() {
    on_every_backend(async || {
        use std::os::fd::AsRawFd;
        let file = |content: &str| {
            let path = env::temp_dir().join(format!("crochet-{}-{content}", std::process::id()));
            fs::write(&path, content).unwrap();
            let file = OwnedFd::from(File::open(&path).unwrap());
            fs::remove_file(path).unwrap();
            file
        };
        let (a, b) = (file("a"), file("b"));
        let (number_of_a, number_of_b) = (a.as_raw_fd(), b.as_raw_fd());
        let mut command = shell(&format!("cat <&{number_of_a}; cat <&{number_of_b}"));
        command
            .fd(number_of_b, a)
            .unwrap()
            .fd(number_of_a, b)
            .unwrap();
        assert_eq!(text(&mut command).await, "ba");
    });
}

#[test]
fn numbers_of_the_standard_files_and_large_ones_are_refused() {
    on_every_backend(async || {
        let mut command = shell("exit 0");
        for number in [-1, 0, 2, 256] {
            let refused = command.fd(number, File::open("/dev/null").unwrap());
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        command.fd(255, File::open("/dev/null").unwrap()).unwrap();
    });
}

#[test]
fn output_may_go_to_a_file() {
    on_every_backend(async || {
        let path = env::temp_dir().join(format!("crochet-output-{}", std::process::id()));
        let mut options = File::options();
        options.create(true).truncate(true).read(true).write(true);
        let mut file = options.open(&path).unwrap();
        fs::remove_file(path).unwrap();
        let mut child = shell("echo to a file");
        let child = child.stdout(Stdio::from(file.try_clone().unwrap()));
        let mut child = child.spawn().unwrap();
        assert!(child.take_stdout().is_none());
        assert!(child.ended().await.unwrap().success());
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(written, "to a file\n");
    });
}

#[test]
fn settings_of_the_standard_librarys_command_are_taken_over() {
    on_every_backend(async || {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new("sh");
        command.arg0("another").args(["-c", "echo $0"]);
        assert_eq!(text(&mut command.into()).await, "another\n");
    });
}

#[test]
fn a_group_of_its_own_has_the_childs_id() {
    on_every_backend(async || {
        let mut command = shell("cut -d ' ' -f 5 /proc/$$/stat; echo $$");
        let alone = text(command.own_group()).await;
        let mut ids = alone.split_whitespace();
        assert_eq!(ids.next().unwrap(), ids.next().unwrap());
    });
}

#[test]
fn nothing_that_a_listener_keeps_is_a_childs() {
    on_every_backend(async || {
        let before = text(&mut shell(NUMBERS)).await;
        let address = "127.0.0.1:0".parse().unwrap();
        let _listener = crochet::net::TcpListener::bind(address).unwrap();
        assert_eq!(text(&mut shell(NUMBERS)).await, before);
    });
}

#[test]
fn collecting_output_leaves_the_standard_files_of_the_next_child_as_they_were() {
    on_every_backend(async || {
        let mut command = Command::new("sh");
        // More than a pipe holds, so that a child with one that nobody reads would not end.
        command
            .arg("-c")
            .arg("test -n \"$QUIET\" || head -c 200000 /dev/zero");
        assert_eq!(command.output(1 << 20).await.unwrap().stdout.len(), 200_000);
        let mut child = command.env("QUIET", "1").spawn().unwrap();
        assert!(child.take_stdin().is_none());
        assert!(child.take_stdout().is_none());
        assert!(child.take_stderr().is_none());
        assert!(child.exited().await.unwrap().success());
        // What was set stays as it is.
        command.stderr(Stdio::piped());
        command.output(1 << 20).await.unwrap();
        let mut child = command.spawn().unwrap();
        assert!(child.take_stderr().is_some());
        assert!(child.exited().await.unwrap().success());
    });
}

#[test]
fn a_pipes_end_that_is_shared_is_written_to_and_closed_by_its_owner() {
    use std::future::poll_fn;
    use std::os::fd::AsFd;
    use std::pin::Pin;

    use futures_io::AsyncWrite;

    on_every_backend(async || {
        let (reader, mut writer) = pipe().unwrap();
        let mut shared = &writer;
        let written = poll_fn(|cx| Pin::new(&mut shared).poll_write(cx, b"one ")).await;
        assert_eq!(written.unwrap(), 4);
        let refused = poll_fn(|cx| Pin::new(&mut shared).poll_close(cx)).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
        let mut copy = File::from(writer.as_fd().try_clone_to_owned().unwrap());
        std::io::Write::write_all(&mut copy, b"two").unwrap();
        drop(copy);
        poll_fn(|cx| Pin::new(&mut writer).poll_close(cx))
            .await
            .unwrap();
        let mut bytes = [0; 16];
        assert_eq!(reader.read(&mut bytes).await.unwrap(), 7);
        assert_eq!(&bytes[..7], b"one two");
        assert_eq!(reader.read(&mut bytes).await.unwrap(), 0);
        let closed = writer.write(b"x").await.unwrap_err();
        assert_eq!(closed.kind(), ErrorKind::BrokenPipe);
    });
}
