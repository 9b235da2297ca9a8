//! HTTP/2 between tasks of one reactor.

use std::cell::RefCell;
use std::rc::Rc;

use crochet::spawn;
use crochet_tests::backends::on_every_backend;
use crochet_tests::logs;
use hyper::Version as Spoken;

use crate::support::{
    Count, Version, body, get, http2_client, logged, pattern, post, start_for_now,
};

#[test]
fn requests_share_a_connection_and_do_not_wait_for_one_another() {
    on_every_backend(|| async {
        let count = Count::default();
        let (address, _server) = start_for_now(Version::Http2, &count);
        let client = http2_client(address).await;
        let order = Rc::new(RefCell::new(Vec::new()));
        let requests: Vec<_> = ["/slow", "/hello"]
            .into_iter()
            .map(|path| {
                let (mut client, order) = (client.clone(), Rc::clone(&order));
                spawn(async move {
                    let response = client.send_request(get(path)).await.unwrap();
                    assert_eq!(response.version(), Spoken::HTTP_2);
                    body(response).await.unwrap();
                    order.borrow_mut().push(path);
                })
            })
            .collect();
        for request in requests {
            request.await.expect("it does not panic");
        }
        assert_eq!(*order.borrow(), ["/hello", "/slow"]);
        assert_eq!(count.get(), 2);
    });
}

#[test]
fn many_bodies_are_sent_at_once_within_the_windows() {
    on_every_backend(|| async {
        let (address, _server) = start_for_now(Version::Http2, &Count::default());
        let client = http2_client(address).await;
        let requests: Vec<_> = (0..50_u32)
            .map(|number| {
                let mut client = client.clone();
                spawn(async move {
                    // More than the window that a stream begins with.
                    let sent = pattern(200_000 + 4 * number);
                    let response = client.send_request(post("/echo", sent.clone())).await;
                    let received = body(response.unwrap()).await.unwrap();
                    assert!(received == sent, "{} bytes", received.len());
                })
            })
            .collect();
        for request in requests {
            request.await.expect("it does not panic");
        }
    });
}

#[test]
fn a_service_that_panics_ends_its_request_only_and_is_logged() {
    logs::capture();
    on_every_backend(|| async {
        let before = logged("asked to panic over HTTP/2.0");
        let (address, _server) = start_for_now(Version::Http2, &Count::default());
        let mut client = http2_client(address).await;
        let failure = client.send_request(get("/panic")).await;
        assert!(failure.is_err(), "{failure:?}");
        let response = client.send_request(get("/hello")).await.unwrap();
        assert_eq!(body(response).await.unwrap(), "hello");
        assert_eq!(logged("asked to panic over HTTP/2.0"), before + 1);
    });
}
