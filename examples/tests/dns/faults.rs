//! The programs against servers that are absent, silent, or break the protocol.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;

use crochet_examples::dns::respond::respond;
use crochet_examples::dns::transport::Transport;
use crochet_examples::dns::zone::Zone;

use crate::support::{LOOPBACK, UdpServer, blockingdns, closed_port, mxquery, right_answer};

#[test]
fn a_port_where_nothing_listens_is_told_from_silence() {
    let server = closed_port().to_string();
    for transport in [&[][..], &["--tcp"]] {
        let args = [&["example.com", "--server", &server], transport].concat();
        blockingdns(&args).assert_failed_saying(&["example.com", "no server listens", &server]);
        mxquery(&args).assert_failed_saying(&["example.com", "no server listens", &server]);
    }
}

#[test]
fn silence_ends_at_the_time_limit() {
    let silent = UdpSocket::bind(LOOPBACK).expect("a free port");
    let server = silent
        .local_addr()
        .expect("a bound socket has an address")
        .to_string();
    let ran = blockingdns(&["example.com", "--server", &server, "--timeout", "0.3"]);
    ran.assert_failed_saying(&["example.com", "no answer within 300ms", &server]);
    let ran = mxquery(&["example.com", "--server", &server, "--timeout=0.3"]);
    ran.assert_failed_saying(&["example.com", "no answer within 300ms", &server]);
}

#[test]
fn garbage_under_the_right_id_is_a_malformed_answer() {
    for garbage in [&b""[..], b"\xff", b"\x80\x00 garbage", &[0xc0; 100]] {
        let server = UdpServer::start(move |query| vec![[&query[..2], garbage].concat()]);
        let address = server.address().to_string();
        let ran = blockingdns(&["example.com", "--server", &address]);
        ran.assert_failed_saying(&["example.com", "malformed answer", &address]);
    }
}

#[test]
fn error_codes_are_told_apart() {
    for (code, message) in [
        (2, "failed to find the answer"),
        (5, "refused to answer"),
        (9, "error code 9"),
    ] {
        let server = UdpServer::start(move |query| {
            let mut answer = query.to_vec();
            answer[2] |= 0x80;
            answer[3] = code;
            vec![answer]
        });
        let address = server.address().to_string();
        blockingdns(&["example.com", "--server", &address]).assert_failed_saying(&[
            "example.com",
            message,
            &address,
        ]);
    }
}

#[test]
fn forged_answers_before_the_right_one_are_passed_over() {
    let server = UdpServer::start(|query| {
        let right = right_answer(query);
        let mut wrong_id = right.clone();
        wrong_id[0] ^= 1;
        let mut wrong_name = right.clone();
        wrong_name[13] ^= 2;
        let not_an_answer = query.to_vec();
        vec![
            vec![],
            vec![right[0]],
            wrong_id,
            wrong_name,
            not_an_answer,
            right,
        ]
    });
    let expected = "example.com -> 192.0.2.10\nexample.com -> 2001:db8::10\n";
    blockingdns(&["example.com", "--server", &server.address().to_string()])
        .assert_printed(expected);
}

#[test]
fn a_stream_that_comes_in_single_bytes_is_put_together() {
    let address = tcp_server(2, |framed_answer| {
        framed_answer.chunks(1).map(<[u8]>::to_vec).collect()
    });
    let expected = "example.com -> 192.0.2.10\nexample.com -> 2001:db8::10\n";
    blockingdns(&["example.com", "--tcp", "--server", &address.to_string()])
        .assert_printed(expected);
}

#[test]
fn a_stream_that_ends_early_is_a_malformed_answer() {
    for (kept, message) in [
        (0, "the connection ended before it"),
        (1, "ended inside it"),
        (40, "ended inside it"),
    ] {
        let address =
            tcp_server(1, move |framed_answer| vec![framed_answer[..kept].to_vec()]).to_string();
        let ran = mxquery(&["example.com", "--tcp", "--server", &address]);
        ran.assert_failed_saying(&["example.com", "malformed answer", message, &address]);
    }
}

/// Serves `connections` over TCP, one query each: sends the right answer, with its length, in the
/// pieces that `cut` makes of it.
fn tcp_server(
    connections: usize,
    cut: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let mut stream = stream.expect("a connection");
            stream.set_nodelay(true).expect("TCP has the option");
            let mut length = [0; 2];
            stream.read_exact(&mut length).expect("a length");
            let mut query = vec![0; u16::from_be_bytes(length).into()];
            stream.read_exact(&mut query).expect("a query");
            let answer =
                respond(&Zone::example(), &query, Transport::Tcp).expect("the query has a header");
            let length = u16::try_from(answer.len())
                .expect("a short answer")
                .to_be_bytes();
            for piece in cut(&[&length, &answer[..]].concat()) {
                stream.write_all(&piece).expect("the client reads on");
            }
        }
    });
    address
}
