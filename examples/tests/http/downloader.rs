//! The program `downloader`.

use std::net::TcpListener;
use std::sync::mpsc;

use crate::support::{Page, Program, Visitor};
use crate::upstream::{Upstream, found};

const STARTING: &str = "Starting download, refresh to track progress.\n";
const IN_PROGRESS: &str = "Download in progress...\n";

fn start(args: &[&str]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_downloader"), args)
}

fn is_over(page: &Page) -> bool {
    *page != Page::ok(IN_PROGRESS)
}

#[test]
fn a_download_goes_on_between_visits_and_is_shown_when_it_has_come() {
    let Some(visitor) = Visitor::new("goes-on") else {
        return;
    };
    let (release, released) = mpsc::channel::<()>();
    let upstream = Upstream::start(move |_, _| {
        let text = match released.recv() {
            Ok(()) => "as it was & <is>",
            Err(_) => "the test is over",
        };
        found(text)
    });
    let program = start(&["--url", &upstream.url()]);
    assert_eq!(visitor.visit(program.url()), Page::ok(STARTING));
    for _ in 0..3 {
        assert_eq!(visitor.visit(program.url()), Page::ok(IN_PROGRESS));
    }
    release.send(()).expect("the server waits");
    let page = visitor.visit_until(program.url(), is_over);
    assert_eq!(page, Page::ok("Downloaded: as it was & <is>"));
    assert_eq!(upstream.asked(), 1);
    // That was all of it: the next visit begins again.
    assert_eq!(visitor.visit(program.url()), Page::ok(STARTING));
    drop(release);
}

#[test]
fn each_visitor_has_a_download_of_their_own() {
    let visitors: Option<Vec<_>> = ["one", "two", "three"]
        .into_iter()
        .map(Visitor::new)
        .collect();
    let Some(visitors) = visitors else { return };
    let upstream = Upstream::start(|number, _| found(&format!("number {number}")));
    let program = start(&["--url", &upstream.url()]);
    for visitor in &visitors {
        assert_eq!(visitor.visit(program.url()), Page::ok(STARTING));
    }
    let pages = visitors
        .iter()
        .map(|visitor| visitor.visit_until(program.url(), is_over).text);
    let mut pages: Vec<_> = pages.collect();
    // They are fetched side by side.
    pages.sort();
    let expected = [1, 2, 3].map(|number| format!("Downloaded: number {number}"));
    assert_eq!(pages, expected);
}

#[test]
fn a_download_that_failed_is_shown_with_where_it_came_from() {
    let Some(visitor) = Visitor::new("failed") else {
        return;
    };
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed = closed.expect("a free port");
    let upstream = Upstream::start(|_, _| "HTTP/1.1 503 Busy\r\n\r\n".to_owned());
    let refused = format!("cannot connect to {closed}: ");
    for (url, message) in [
        (format!("http://{closed}/"), refused.as_str()),
        (
            upstream.url(),
            "the server answered 503 Service Unavailable",
        ),
    ] {
        let program = start(&["--url", &url]);
        assert_eq!(visitor.visit(program.url()), Page::ok(STARTING));
        let Page { status, text } = visitor.visit_until(program.url(), is_over);
        assert_eq!(status, 502);
        let first = text.lines().next().expect("a line");
        let expected = format!("Download failed: {message}");
        assert!(first.starts_with(&expected), "{text}");
        let place = "downloader::download_page (submitted at src/bin/downloader.rs:";
        assert!(text.contains(place), "{text}");
        assert!(text.contains("\nfailed: "), "{text}");
    }
}

#[test]
fn a_session_is_good_once_and_cannot_be_made_up() {
    let (Some(visitor), Some(thief)) = (Visitor::new("once"), Visitor::new("thief")) else {
        return;
    };
    let upstream = Upstream::start(|_, _| found("mine"));
    let program = start(&["--url", &upstream.url()]);
    visitor.visit(program.url());
    let used = visitor.cookie("download").expect("a session");
    assert_eq!(
        visitor.visit_until(program.url(), is_over),
        Page::ok("Downloaded: mine")
    );
    let longer = format!("{used}0");
    for cookie in [used.as_str(), &longer, "nonsense", ""] {
        let header = format!("cookie: other=1; download={cookie}");
        let page = thief.curl(&["--header", &header, program.url()]);
        assert_eq!(page.status, 410, "{cookie:?}: {page:?}");
    }
}

#[test]
fn only_documents_are_asked_for() {
    let Some(visitor) = Visitor::new("post") else {
        return;
    };
    let program = start(&[]);
    let page = visitor.curl(&["--data", "some", program.url()]);
    assert_eq!(page.status, 405);
    assert_eq!(visitor.curl(&["--head", program.url()]).status, 200);
}

#[test]
fn without_a_network_there_is_a_document_in_the_process() {
    let Some(visitor) = Visitor::new("embedded") else {
        return;
    };
    let program = start(&[]);
    assert_eq!(visitor.visit(program.url()), Page::ok(STARTING));
    assert_eq!(visitor.visit(program.url()), Page::ok(IN_PROGRESS));
    let page = visitor.visit_until(program.url(), is_over);
    let expected = "Downloaded: Download number 1, which took its time.\n";
    assert_eq!(page, Page::ok(expected));
}
