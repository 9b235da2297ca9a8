//! curl, h2load and wrk against hyper's servers on a reactor.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::peer;

use crate::support::{Count, Version, pattern, start};

/// How curl is told to speak a version, and how it calls it.
const VERSIONS: [(Version, &str, &str); 2] = [
    (Version::Http1, "--http1.1", "1.1"),
    (Version::Http2, "--http2-prior-knowledge", "2"),
];

/// Starts a server on the host's reactor.
fn serve(host: &Host, version: Version) -> SocketAddr {
    let started = submit(host.remote(), move || start(version, &Count::default()));
    started.wait(LONG).expect("it ends");
    started.take().expect("it has ended").expect("a value")
}

/// Runs curl with these arguments and input; returns its output.
fn curl(program: &PathBuf, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command
        .args(["--silent", "--show-error", "--no-progress-meter"])
        .args(["--disable", "--noproxy", "*", "--max-time", "30"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = thread::scope(|scope| {
        // curl may end without having read it.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("it ends")
    });
    assert!(output.status.success(), "{args:?}: {output:?}");
    output.stdout
}

#[test]
fn curl_is_answered() {
    let Some(program) = peer::find("curl") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let told = " %{http_version} %{response_code}\n";
        for (version, option, name) in VERSIONS {
            let url = format!("http://{}", serve(&host, version));
            for (path, text, code) in [("hello", "hello", 200), ("nowhere", "not here", 404)] {
                let url = format!("{url}/{path}");
                let out = curl(&program, &[option, "--write-out", told, &url], &[]);
                let expected = format!("{text} {name} {code}\n");
                assert_eq!(String::from_utf8_lossy(&out), expected);
            }
        }
    });
}

#[test]
fn curl_gets_back_what_it_posts() {
    let Some(program) = peer::find("curl") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        for (version, option, _) in VERSIONS {
            let url = format!("http://{}/echo", serve(&host, version));
            // So much that curl asks first whether it is wanted (`expect: 100-continue`).
            for length in [0, 5000, 4 << 20] {
                let sent = pattern(length);
                let args = [option, "--data-binary", "@-", url.as_str()];
                let received = curl(&program, &args, &sent);
                assert!(received == sent, "{} of {length} bytes", received.len());
            }
        }
    });
}

// Over HTTP/2 some versions of curl fail at the second request of a connection (curl's issue 10634).
#[test]
fn curl_keeps_connections_and_opens_several() {
    let Some(program) = peer::find("curl") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let url = format!("http://{}/slow", serve(&host, Version::Http1));
        let mut args = vec!["--http1.1", "--write-out", " %{num_connects}\n"];
        args.extend([url.as_str(); 3]);
        let out = curl(&program, &args, &[]);
        let expected = "at last 1\nat last 0\nat last 0\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);

        args.extend([url.as_str(); 20]);
        args.push("--parallel");
        let out = curl(&program, &args, &[]);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(out.matches("at last").count(), 23, "{out}");
    });
}

#[test]
fn h2load_sends_many_requests_at_once_on_each_connection() {
    let Some(program) = peer::find("h2load") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let url = format!("http://{}/slow", serve(&host, Version::Http2));
        let mut command = Command::new(&program);
        command.args([
            "--requests=400",
            "--clients=4",
            "--max-concurrent-streams=50",
        ]);
        command.args(["--connection-active-timeout=30", &url]);
        let output = command.stdin(Stdio::null()).output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
        let out = String::from_utf8(output.stdout).expect("text");
        let done = "400 done, 400 succeeded, 0 failed, 0 errored, 0 timeout";
        assert!(out.contains(done), "{out}");
    });
}

/// How long wrk sends requests, in whole seconds.
const WRK_SECONDS: u32 = 1;

#[test]
fn wrk_is_answered_on_many_connections_without_an_error() {
    let Some(program) = peer::find("wrk") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let address = serve(&host, Version::Http1);
        // Answers at once, and such as the loop has to wait for.
        for path in ["hello", "slow"] {
            let mut command = Command::new(&program);
            command.args(["--threads", "2", "--connections", "100"]);
            command.args(["--timeout", "30"]);
            command.args(["--duration", &WRK_SECONDS.to_string()]);
            command.arg(format!("http://{address}/{path}"));
            let output = command.stdin(Stdio::null()).output().expect("it starts");
            assert!(output.status.success(), "{output:?}");
            let out = String::from_utf8(output.stdout).expect("text");
            // It tells of errors when there were some.
            let is_bad = out.contains("Socket errors") || out.contains("Non-2xx");
            assert!(!is_bad, "{out}");
            let answered: u32 = out
                .lines()
                .find_map(|line| line.trim().split_once(" requests in "))
                .map(|(requests, _)| requests.parse().expect("a number"))
                .unwrap_or_else(|| panic!("no count of requests: {out}"));
            // Each connection has had more than one.
            assert!(answered > 200, "{out}");
        }
    });
}
