//! The program `fromtwisted`.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use crochet_examples::dns::respond::respond;
use crochet_examples::dns::transport::Transport;
use crochet_examples::dns::zone::Zone;

use crate::support::{LONG, Page, Program, Visitor};

fn start(args: &[&str]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_fromtwisted"), args)
}

#[test]
fn the_page_shows_the_addresses_that_were_looked_up() {
    let Some(visitor) = Visitor::new("addresses") else {
        return;
    };
    let program = start(&["--embedded"]);
    let expected = Page::ok("example.com has IP 192.0.2.10, 2001:db8::10\n");
    for _ in 0..3 {
        assert_eq!(visitor.visit(program.url()), expected);
    }
    let elsewhere = visitor.visit(&format!("{}elsewhere", program.url()));
    assert_eq!(elsewhere.status, 404);
}

#[test]
fn a_lookup_that_failed_is_shown() {
    let Some(visitor) = Visitor::new("nosuch") else {
        return;
    };
    let program = start(&["--embedded", "--name", "nosuch.example.com"]);
    let page = visitor.visit(program.url());
    assert_eq!(page.status, 502);
    let message = "Error doing lookup of nosuch.example.com: unknown name, says 127.0.0.1:";
    assert!(page.text.starts_with(message), "{page:?}");
}

/// Answers queries when so many have come at the same time; returns its address.
fn answer_together(queries: usize) -> (SocketAddr, thread::JoinHandle<()>) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.set_read_timeout(Some(LONG)).expect("a valid time");
    let address = socket.local_addr().expect("a bound socket has an address");
    let thread = thread::spawn(move || {
        let mut waiting = Vec::new();
        let mut buffer = [0; 4096];
        while waiting.len() < queries {
            let (length, client) = socket.recv_from(&mut buffer).expect("a query comes");
            // The same question again is a retry.
            if waiting.iter().all(|(other, _)| *other != client) {
                waiting.push((client, buffer[..length].to_vec()));
            }
        }
        for (client, query) in waiting {
            let answer = respond(&Zone::example(), &query, Transport::Udp);
            let answer = answer.expect("the query has a header");
            socket.send_to(&answer, client).expect("loopback takes it");
        }
    });
    (address, thread)
}

#[test]
fn handlers_that_block_do_not_hold_each_other_or_the_loop_up() {
    let Some(visitor) = Visitor::new("together") else {
        return;
    };
    // Each of five handlers waits for two answers, and none comes before the last has asked.
    let (server, thread) = answer_together(10);
    let program = start(&["--server", &server.to_string()]);
    let url = program.url();
    let pages: Vec<_> = thread::scope(|scope| {
        let visits: Vec<_> = (0..5)
            .map(|number| {
                let name = format!("together-{number}");
                scope.spawn(move || {
                    let visitor = Visitor::new(&name).expect("curl is there");
                    visitor.visit(url)
                })
            })
            .collect();
        // The loop answers meanwhile what needs no name.
        let elsewhere = format!("{url}elsewhere");
        let page = visitor.visit(&elsewhere);
        assert_eq!(page.status, 404);
        visits
            .into_iter()
            .map(|visit| visit.join().expect("it does not panic"))
            .collect()
    });
    let expected = Page::ok("example.com has IP 192.0.2.10, 2001:db8::10\n");
    assert!(pages.iter().all(|page| *page == expected), "{pages:?}");
    thread.join().expect("it does not panic");
}

#[test]
fn a_server_that_is_silent_is_given_up() {
    let Some(visitor) = Visitor::new("silent") else {
        return;
    };
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = silent.local_addr().expect("a bound socket has an address");
    let program = start(&["--server", &address.to_string()]);
    let begun = std::time::Instant::now();
    let page = visitor.visit(program.url());
    assert_eq!(page.status, 502, "{page:?}");
    assert!(page.text.contains(&address.to_string()), "{page:?}");
    // Its own limit ends the lookup, if the resolver's has not.
    assert!(begun.elapsed() < Duration::from_secs(15));
}
