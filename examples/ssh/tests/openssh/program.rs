//! The program without any client: its arguments, and how it ends.

use crate::support::{PASSWORD, Process, Program, file, program};

/// Runs the program with `args` and no input, and returns its status and both outputs.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let mut process = Process::start(program().args(args));
    process.close_input();
    let (status, out) = process.finish();
    (status.code(), out, process.err.rest())
}

#[test]
fn without_input_there_is_nothing_to_do() {
    let (status, out, err) = run(&["--listen", "127.0.0.1:0"]);
    assert_eq!((status, out.as_str()), (Some(0), "0 lines, 0 words\n"));
    assert!(
        err.contains("the password is ") && err.contains("ssh -p "),
        "{err}"
    );
}

#[test]
fn lines_are_copied_and_counted() {
    let mut program = Program::start();
    program.copy("one two", "one two");
    program.copy("", "");
    program.process.close_input();
    let (status, rest) = program.process.finish();
    assert_eq!(
        (status.code(), rest.as_str()),
        (Some(0), "2 lines, 2 words\n")
    );
}

#[test]
fn help_and_version_go_to_the_output() {
    for flag in ["-h", "--help"] {
        let (status, out, err) = run(&[flag]);
        assert_eq!((status, err.as_str()), (Some(0), ""));
        assert!(
            out.starts_with("usage: ssh ") && out.contains("127.0.0.1:5022"),
            "{out}"
        );
    }
    let (status, out, _) = run(&["--version"]);
    assert_eq!(
        (status, out),
        (Some(0), format!("ssh {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn arguments_that_are_not_understood_end_in_the_usage_and_status_2() {
    for args in [
        &["--bogus"][..],
        &["word"],
        &["--listen"],
        &["--listen", "localhost"],
        &["--listen", "127.0.0.1:99999"],
        &["--user"],
    ] {
        let (status, out, err) = run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?}");
        assert!(
            err.starts_with("ssh: ") && err.contains("usage: ssh "),
            "{args:?}: {err}"
        );
    }
}

#[test]
fn what_stands_in_the_way_of_the_server_is_a_failure_and_status_1() {
    let other = Program::start();
    let taken = format!("127.0.0.1:{}", other.port);
    let password = file("ssh-program-password", PASSWORD);
    let password = password
        .to_str()
        .expect("the target directory has a UTF-8 name");
    let empty = file("ssh-program-empty", "\nsecond line\n");
    let empty = empty
        .to_str()
        .expect("the target directory has a UTF-8 name");
    let free = "127.0.0.1:0";
    for (args, message) in [
        (
            ["--listen", &taken, "--password-file", password],
            "cannot listen",
        ),
        (
            ["--listen", free, "--password-file", "/nonexistent"],
            "cannot read /nonexistent",
        ),
        (
            ["--listen", free, "--password-file", empty],
            "the password is empty or too long",
        ),
        (
            ["--listen", free, "--user", ""],
            "the user name is empty or too long",
        ),
        (
            ["--listen", free, "--host-key", "/nonexistent"],
            "cannot read /nonexistent",
        ),
        (
            ["--listen", free, "--host-key", password],
            "has no host key",
        ),
    ] {
        let (status, out, err) = run(&args);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{args:?}");
        assert!(err.contains(message), "{args:?}: {err}");
        assert_eq!(err.lines().count(), 1, "{args:?}: {err}");
    }
}
