//! Connections that are not sessions at the prompt.

use std::io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::time::Duration;

use crochet_example_ssh::server::MAX_CONNECTIONS;

use crate::peer::peer;
use crate::support::{Client, Process, Program};

const BANNER: &[u8] = b"SSH-2.0-";

fn connect(program: &Program) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, program.port)).expect("it listens");
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).expect("it is not zero");
    stream
}

/// Reads until the server closes the connection.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != ConnectionReset => panic!("{error}"),
        // A reset is an end as well, where the server has left something unread.
        _ => rest,
    }
}

#[test]
fn only_the_prompt_is_served() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    for (options, command, complaint) in [
        (&["-T"][..], Some("ls"), "exec request failed"),
        (&["-s"], Some("sftp"), "subsystem request failed"),
        (&["-W", "127.0.0.1:22"], None, "open failed"),
    ] {
        let mut client = Client::of(&program, &ssh);
        let client = client.command(options).args(command);
        let mut client = Process::start(client);
        let (status, rest) = client.finish();
        assert_eq!(
            (status.code(), rest.as_str()),
            (Some(255), ""),
            "{options:?}"
        );
        let said = client.err.rest();
        assert!(said.contains(complaint), "{options:?}: {said}");
    }
}

#[test]
fn what_is_not_ssh_ends_its_own_connection_only() {
    let program = Program::start();
    let mut before = connect(&program);
    for junk in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"SSH-1.5-old\r\n",
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x15\0\0\0\0\0\0\0\0\0\0",
        &[b'x'; 100_000],
        &[0; 100_000],
        b"",
    ] {
        let mut stream = connect(&program);
        let sent = stream.write_all(junk);
        if let Err(error) = sent.and_then(|()| stream.shutdown(Shutdown::Write)) {
            // The server had seen enough before it had all of it.
            let kinds = [BrokenPipe, ConnectionReset, NotConnected];
            assert!(kinds.contains(&error.kind()), "{error}");
        }
        let said = rest(&mut stream);
        assert!(said.is_empty() || said.starts_with(BANNER), "{said:?}");
    }
    let mut banner = [0; BANNER.len()];
    before.read_exact(&mut banner).expect("it is still served");
    assert_eq!(banner, BANNER);
}

#[test]
fn no_more_than_so_many_connections_are_served_at_once() {
    let program = Program::start();
    let serve = || {
        let mut stream = connect(&program);
        let mut banner = [0; BANNER.len()];
        stream.read_exact(&mut banner).expect("there is room");
        assert_eq!(banner, BANNER);
        stream
    };
    let mut served: Vec<_> = (0..MAX_CONNECTIONS).map(|_| serve()).collect();
    assert_eq!(rest(&mut connect(&program)), b"");
    let mut first = served.swap_remove(0);
    first.shutdown(Shutdown::Write).expect("it is open");
    rest(&mut first);
    serve();
}
