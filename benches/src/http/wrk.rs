//! The client that others use as well: wrk, when it is installed.

use core::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::contest::Failure;

/// Tells whether wrk is there.
pub fn is_installed() -> bool {
    let started = Command::new(PROGRAM)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    // It says its version and fails, which is all the same.
    started.is_ok()
}

/// Asks the server for a second over `connections` connections; returns how many requests were answered.
///
/// # Errors
///
/// Returns that wrk could not be run, or what went wrong with the requests.
pub fn exchange(server: SocketAddr, connections: usize) -> Result<usize, Failure> {
    let output = Command::new(PROGRAM)
        .args(["--threads", "1", "--duration", "1s", "--connections"])
        .arg(connections.to_string())
        .arg(format!("http://{server}/"))
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("wrk ended with {}: {}", output.status, said.trim()).into());
    }
    requests_in(&String::from_utf8(output.stdout)?)
}

const PROGRAM: &str = "wrk";

/// Finds the number of requests in a report that tells of no errors.
fn requests_in(report: &str) -> Result<usize, Failure> {
    let mut lines = report.lines().map(str::trim);
    if let Some(trouble) = lines
        .clone()
        .find(|line| TROUBLE.iter().any(|word| line.starts_with(word)))
    {
        return Err(format!("wrk: {trouble}").into());
    }
    let requests = lines.find_map(|line| line.split_once(" requests in "));
    let (requests, _) = requests.ok_or("wrk does not tell how many requests it made")?;
    match requests.parse()? {
        0 => Err("wrk had no answer".into()),
        requests => Ok(requests),
    }
}

const TROUBLE: [&str; 2] = ["Socket errors:", "Non-2xx or 3xx responses:"];

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Running 1s test @ http://127.0.0.1:8080/\n  1 threads and 64 connections\n  \
                          83417 requests in 1.00s, 7.08MB read\nRequests/sec:  83390.11\n";

    #[test]
    fn the_requests_are_counted() {
        assert_eq!(requests_in(REPORT).expect("it is whole"), 83_417);
        assert!(requests_in("").is_err());
    }

    #[test]
    fn errors_are_not_passed_over() {
        let report = format!("{REPORT}  Socket errors: connect 0, read 2, write 0, timeout 0\n");
        let error = requests_in(&report).expect_err("two reads have failed");
        assert!(error.to_string().contains("read 2"), "{error}");
    }
}
