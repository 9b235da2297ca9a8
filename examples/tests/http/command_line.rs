//! What the programs do with their arguments.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

const PROGRAMS: [(&str, &str); 3] = [
    ("scheduling", env!("CARGO_BIN_EXE_scheduling")),
    ("downloader", env!("CARGO_BIN_EXE_downloader")),
    ("fromtwisted", env!("CARGO_BIN_EXE_fromtwisted")),
];

fn run(path: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(path);
    let output = command.args(args).stdin(Stdio::null()).output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("programs write UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn help_and_version_go_to_the_output() {
    for (name, path) in PROGRAMS {
        let (status, out, err) = run(path, &["--help"]);
        assert_eq!((status, err.as_str()), (Some(0), ""));
        assert!(out.starts_with(&format!("usage: {name} ")), "{out}");
        let version = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(run(path, &["-V"]), (Some(0), version, String::new()));
    }
}

#[test]
fn arguments_that_are_not_understood_end_in_the_usage_and_status_2() {
    for (name, path) in PROGRAMS {
        for args in [
            &["--bogus"][..],
            &["argument"],
            &["--listen"],
            &["--listen", "nowhere"],
            &["--url", "https://localhost/"],
            &["--url", "no url"],
            &["--every", "0"],
        ] {
            let (status, out, err) = run(path, args);
            assert_eq!((status, out.as_str()), (Some(2), ""), "{name} {args:?}");
            assert!(err.starts_with(&format!("{name}: ")), "{args:?}: {err}");
            assert!(err.contains(&format!("usage: {name} ")), "{args:?}: {err}");
        }
    }
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("a bound socket has an address");
    for (name, path) in PROGRAMS {
        let (status, out, err) = run(path, &["--listen", &address.to_string()]);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{name}: {err}");
        let message = format!("{name}: cannot serve at {address}: ");
        assert!(err.starts_with(&message), "{err}");
        assert_eq!(err.matches('\n').count(), 1, "one line: {err}");
    }
}
