//! The two programs against the embedded server: what they print, and how they end.

use crate::support::{Ran, blockingdns, embedded_server, mxquery};

#[test]
fn addresses_are_printed_one_to_a_line() {
    let expected = "example.com -> 192.0.2.10\nexample.com -> 2001:db8::10\n";
    blockingdns(&["example.com", "--embedded"]).assert_printed(expected);
}

#[test]
fn a_server_in_another_process_is_asked() {
    let (_process, address) = embedded_server();
    let expected = "example.org -> 198.51.100.10\nexample.org -> 2001:db8:1::10\n";
    blockingdns(&["example.org", "--server", &address.to_string()]).assert_printed(expected);
    blockingdns(&["example.org", "--tcp", "--server", &address.to_string()])
        .assert_printed(expected);
}

#[test]
fn the_name_is_printed_as_it_was_asked_for() {
    let printed = blockingdns(&["Example.COM.", "--embedded"]).out;
    assert!(
        printed.starts_with("Example.COM. -> 192.0.2.10\n"),
        "{printed}"
    );
}

#[test]
fn mail_servers_are_sorted_by_preference() {
    let expected = "Mail servers for example.com:\n10 mail.example.com\n20 backup.example.com\n";
    mxquery(&["example.com", "--embedded"]).assert_printed(expected);
}

#[test]
fn aliases_are_followed() {
    let expected = "www.example.com -> 192.0.2.10\nwww.example.com -> 2001:db8::10\n";
    blockingdns(&["www.example.com", "--embedded"]).assert_printed(expected);
    let expected = "org.example.com -> 198.51.100.10\norg.example.com -> 2001:db8:1::10\n";
    blockingdns(&["org.example.com", "--embedded"]).assert_printed(expected);
    let expected =
        "Mail servers for www.example.com:\n10 mail.example.com\n20 backup.example.com\n";
    mxquery(&["www.example.com", "--embedded"]).assert_printed(expected);
}

#[test]
fn an_answer_too_long_for_udp_comes_whole_over_tcp() {
    let Ran { status, out, err } = blockingdns(&["big.example.com", "--embedded"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let expected: String = (1..=200)
        .map(|last| format!("big.example.com -> 192.0.2.{last}\n"))
        .collect();
    assert_eq!(out, expected);
}

#[test]
fn an_address_stands_for_itself() {
    for address in ["192.0.2.1", "2001:db8::1"] {
        blockingdns(&[address, "--server", "192.0.2.53"])
            .assert_printed(&format!("{address} -> {address}\n"));
    }
}

#[test]
fn each_kind_of_failure_has_its_own_message() {
    let (_process, address) = embedded_server();
    let server = address.to_string();
    for (name, message) in [
        ("nosuch.example.com", "unknown name"),
        ("text.example.com", "no address records"),
        ("below.example.com", "no address records"),
        ("www.example.net", "refused to answer"),
        ("outside.example.com", "refused to answer"),
        ("loop.example.com", "aliases never end"),
    ] {
        let ran = blockingdns(&[name, "--server", &server]);
        ran.assert_failed_saying(&["blockingdns: ", name, message, &server]);
    }
    for (name, message) in [
        ("nosuch.example.com", "unknown name"),
        ("example.org", "no mail servers"),
    ] {
        mxquery(&[name, "--server", &server]).assert_failed_saying(&[
            "mxquery: ",
            name,
            message,
            &server,
        ]);
    }
}

#[test]
fn what_is_no_name_is_not_asked_for() {
    for (name, message) in [
        ("", "the name is empty"),
        ("a..b", "nothing between two dots"),
        ("two words", "' ' is not allowed"),
        ("b\u{fc}cher.example", "xn--"),
        ("a\nb", "'\\n' is not allowed"),
    ] {
        blockingdns(&[name, "--embedded"]).assert_failed_saying(&["not a host name", message]);
    }
    mxquery(&["192.0.2.1", "--embedded"])
        .assert_failed_saying(&["192.0.2.1", "an address has no mail servers"]);
}

#[test]
fn help_and_version_go_to_the_output() {
    for (ran, name) in [
        (blockingdns(&["--help"]), "blockingdns"),
        (mxquery(&["-h"]), "mxquery"),
    ] {
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert!(
            ran.out.starts_with(&format!("usage: {name} NAME")),
            "{}",
            ran.out
        );
    }
    let version = env!("CARGO_PKG_VERSION");
    blockingdns(&["--version"]).assert_printed(&format!("blockingdns {version}\n"));
    mxquery(&["-V"]).assert_printed(&format!("mxquery {version}\n"));
}

#[test]
fn arguments_that_are_not_understood_end_in_the_usage_and_status_2() {
    for args in [
        &[][..],
        &["--bogus"],
        &["a", "b"],
        &["a", "--timeout"],
        &["a", "--timeout", "0"],
        &["a", "--timeout", "-1"],
        &["a", "--timeout", "NaN"],
        &["a", "--timeout", "inf"],
        &["a", "--timeout", "soon"],
        &["a", "--server", "localhost"],
        &["a", "--server", "127.0.0.1:99999"],
        &["a", "--embedded", "--server", "127.0.0.1"],
        &["a", "--embedded=yes"],
        &["a", "--serve", "127.0.0.1:0"],
    ] {
        for (ran, name) in [
            (blockingdns(args), "blockingdns"),
            (mxquery(args), "mxquery"),
        ] {
            assert_eq!(
                (ran.status, ran.out.as_str()),
                (Some(2), ""),
                "{name} {args:?}"
            );
            assert!(
                ran.err.starts_with(&format!("{name}: ")),
                "{args:?}: {}",
                ran.err
            );
            assert!(
                ran.err.contains(&format!("usage: {name} NAME")),
                "{args:?}: {}",
                ran.err
            );
        }
    }
    assert_eq!(mxquery(&["--serve", "127.0.0.1:0"]).status, Some(2));
}

#[test]
fn a_server_cannot_have_a_taken_port() {
    let (_process, address) = embedded_server();
    blockingdns(&["--serve", &address.to_string()])
        .assert_failed_saying(&["cannot serve", &address.to_string()]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_blockingdns"));
    let child = command
        .args(["example.com", "--embedded"])
        .stdout(full)
        .stderr(std::process::Stdio::piped());
    let output = child
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the program starts");
    Ran::from(output).assert_failed_saying(&["blockingdns: cannot write the result"]);
}
