//! The program `scheduling`.

use std::sync::mpsc;

use crate::support::{Page, Program, Visitor};
use crate::upstream::{Upstream, found};

const UNAVAILABLE: &str = "The EUR/USD exchange rate is unavailable, please refresh the page.\n";

fn start(args: &[&str]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_scheduling"), args)
}

/// Makes a page with a rate.
fn rate(rate: &str) -> Page {
    Page::ok(&format!("The current EUR/USD exchange rate is {rate}.\n"))
}

/// Returns the rate on a page.
fn shown(page: &Page) -> f64 {
    let parts = page.text.split_once(" rate is ").map(|(_, rest)| rest);
    let number = parts.and_then(|rest| rest.strip_suffix(".\n")?.parse().ok());
    number.unwrap_or_else(|| panic!("no rate: {page:?}"))
}

#[test]
fn the_page_does_not_wait_for_a_rate_and_shows_it_when_it_has_come() {
    let Some(visitor) = Visitor::new("first-rate") else {
        return;
    };
    let (release, released) = mpsc::channel::<()>();
    let upstream = Upstream::start(move |_, _| match released.recv() {
        Ok(()) => found("\"EURUSD\",1.2345\n"),
        Err(_) => found("the test is over"),
    });
    // The first is fetched at once, however long the next would take.
    let program = start(&["--url", &upstream.url(), "--every", "3600"]);
    for _ in 0..3 {
        assert_eq!(visitor.visit(program.url()), Page::ok(UNAVAILABLE));
    }
    release.send(()).expect("the server waits");
    let is_there = |page: &Page| *page != Page::ok(UNAVAILABLE);
    assert_eq!(visitor.visit_until(program.url(), is_there), rate("1.2345"));
    assert_eq!(upstream.asked(), 1);
    drop(release);
}

#[test]
fn the_rate_is_fetched_again_and_again() {
    let Some(visitor) = Visitor::new("again") else {
        return;
    };
    let upstream = Upstream::start(|number, _| found(&format!("EURUSD,{number}.5")));
    let program = start(&["--url", &upstream.url(), "--every", "0.02"]);
    let mut last = 0.0;
    for _ in 0..5 {
        let is_newer = |page: &Page| *page != Page::ok(UNAVAILABLE) && shown(page) > last;
        last = shown(&visitor.visit_until(program.url(), is_newer));
    }
    assert!(f64::from(upstream.asked()) > last - 1.0);
}

#[test]
fn what_is_no_rate_leaves_the_last_one_and_does_not_end_the_schedule() {
    let Some(visitor) = Visitor::new("no-rate") else {
        return;
    };
    let (tell, told) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let upstream = Upstream::start(move |number, _| match number {
        1 => found("EURUSD,1.5"),
        2 => "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".to_owned(),
        3 => found("no comma"),
        4 => found("EURUSD,cheap"),
        5 => found("EURUSD,-1"),
        6 => String::new(),
        7 => {
            tell.send(()).expect("the test waits");
            match released.recv() {
                Ok(()) => found("EURUSD,2.5"),
                Err(_) => found("the test is over"),
            }
        }
        _ => found("EURUSD,2.5"),
    });
    let program = start(&["--url", &upstream.url(), "--every", "0.01"]);
    told.recv().expect("it goes on asking");
    assert_eq!(visitor.visit(program.url()), rate("1.5"));
    release.send(()).expect("the server waits");
    let is_new = |page: &Page| *page == rate("2.5");
    visitor.visit_until(program.url(), is_new);
    drop(release);
}

#[test]
fn without_a_network_there_are_rates_in_the_process() {
    let Some(visitor) = Visitor::new("embedded-rate") else {
        return;
    };
    let program = start(&["--every", "0.02"]);
    let is_there = |page: &Page| *page != Page::ok(UNAVAILABLE);
    let first = shown(&visitor.visit_until(program.url(), is_there));
    assert!((1.08..1.09).contains(&first), "{first}");
    let is_newer = |page: &Page| shown(page) > first;
    visitor.visit_until(program.url(), is_newer);
}
