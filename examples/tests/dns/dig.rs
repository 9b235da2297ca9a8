//! The embedded server as dig sees it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::support::{embedded_server, peer, run};

struct Dig<'a> {
    program: &'a Path,
    server: SocketAddr,
}

impl Dig<'_> {
    /// Returns everything that dig prints.
    fn full(&self, args: &str) -> String {
        let server = [
            format!("@{}", self.server.ip()),
            "-p".to_owned(),
            self.server.port().to_string(),
        ];
        let fixed = ["+tries=2", "+time=5", "+nocookie"];
        let ran = run(Command::new(self.program)
            .arg("-r")
            .args(server)
            .args(fixed)
            .args(args.split(' ')));
        assert_eq!(
            (ran.status, ran.err.as_str()),
            (Some(0), ""),
            "{args}: {}",
            ran.out
        );
        ran.out
    }

    /// Returns the data alone, sorted.
    fn short(&self, args: &str) -> Vec<String> {
        let mut lines: Vec<_> = self
            .full(&format!("+short {args}"))
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }

    #[track_caller]
    fn assert_full_holds(&self, args: &str, parts: &[&str]) {
        let out = self.full(args);
        for part in parts {
            assert!(
                out.contains(part),
                "{part:?} is missing from dig {args}:\n{out}"
            );
        }
        assert!(
            !out.contains("Warning") && !out.contains("WARNING: Message"),
            "dig {args}:\n{out}"
        );
    }
}

#[test]
fn dig_understands_the_embedded_server() {
    let Some(program) = peer("dig") else { return };
    let (_process, server) = embedded_server();
    let dig = Dig {
        program: &program,
        server,
    };

    assert_eq!(dig.short("example.com A"), ["192.0.2.10"]);
    assert_eq!(dig.short("example.com AAAA"), ["2001:db8::10"]);
    assert_eq!(
        dig.short("example.com MX"),
        ["10 mail.example.com.", "20 backup.example.com."]
    );
    assert_eq!(
        dig.short("www.example.com A"),
        ["192.0.2.10", "example.com."]
    );
    assert_eq!(dig.short("www.example.com CNAME"), ["example.com."]);
    assert_eq!(dig.short("text.example.com TXT"), ["\"no address here\""]);
    assert_eq!(dig.short("+tcp example.org A"), ["198.51.100.10"]);
    assert_eq!(dig.short("+noedns example.org A"), ["198.51.100.10"]);

    dig.assert_full_holds(
        "nosuch.example.com A",
        &["status: NXDOMAIN", "AUTHORITY: 1", "SOA\tns.example.com."],
    );
    dig.assert_full_holds(
        "example.org MX",
        &["status: NOERROR", "ANSWER: 0", "SOA\tns.example.org."],
    );
    dig.assert_full_holds("example.net A", &["status: REFUSED", "ANSWER: 0"]);
    dig.assert_full_holds("+opcode=status example.com A", &["status: NOTIMP"]);
    dig.assert_full_holds("+edns=1 +noednsneg example.com A", &["status: BADVERS"]);
    dig.assert_full_holds(
        "example.com A",
        &["status: NOERROR", " aa ", "EDNS: version: 0", "udp: 1232"],
    );
}

#[test]
fn dig_gets_a_long_answer_truncated_or_over_tcp() {
    let Some(program) = peer("dig") else { return };
    let (_process, server) = embedded_server();
    let dig = Dig {
        program: &program,
        server,
    };

    dig.assert_full_holds(
        "+ignore big.example.com A",
        &["flags: qr aa tc rd", "ANSWER: 0"],
    );
    let without_edns = "+noedns +ignore medium.example.com A";
    dig.assert_full_holds(without_edns, &["flags: qr aa tc rd", "ANSWER: 0"]);
    dig.assert_full_holds(
        "+ignore medium.example.com A",
        &["flags: qr aa rd", "ANSWER: 40"],
    );
    assert_eq!(
        dig.short("big.example.com A")
            .iter()
            .filter(|line| line.starts_with("192.0.2."))
            .count(),
        200
    );
    assert_eq!(dig.short("+tcp big.example.com A").len(), 200);
    dig.assert_full_holds(
        "+tcp +keepopen big.example.com A example.com A",
        &["ANSWER: 200", "ANSWER: 1,"],
    );
}
