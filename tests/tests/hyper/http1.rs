//! HTTP/1.1 between tasks of one reactor.

use crochet::spawn;
use crochet_tests::backends::on_every_backend;
use crochet_tests::logs;
use hyper::StatusCode;

use crate::support::{
    Count, Version, body, get, http1_client, logged, pattern, post, start_for_now,
};

#[test]
fn requests_follow_one_another_on_a_connection() {
    on_every_backend(|| async {
        let count = Count::default();
        let (address, _server) = start_for_now(Version::Http1, &count);
        let mut client = http1_client(address).await;
        for round in 1..=20 {
            let response = client.send_request(get("/hello")).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert!(response.headers().contains_key("date"));
            assert_eq!(body(response).await.unwrap(), "hello");
            assert_eq!(count.get(), round);
            client.ready().await.unwrap();
        }
        let response = client.send_request(get("/elsewhere")).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_large_body_goes_there_and_back_while_it_is_being_sent() {
    on_every_backend(|| async {
        let (address, _server) = start_for_now(Version::Http1, &Count::default());
        let sent = pattern(8 << 20);
        let mut client = http1_client(address).await;
        let response = client.send_request(post("/echo", sent.clone())).await;
        let received = body(response.unwrap()).await.unwrap();
        assert!(received == sent, "{} bytes", received.len());
    });
}

#[test]
fn connections_are_served_side_by_side() {
    on_every_backend(|| async {
        let count = Count::default();
        let (address, _server) = start_for_now(Version::Http1, &count);
        let clients: Vec<_> = (0..50_u32)
            .map(|number| {
                spawn(async move {
                    let text = format!("number {number}");
                    let mut client = http1_client(address).await;
                    let response = client.send_request(post("/echo", text.clone())).await;
                    assert_eq!(body(response.unwrap()).await.unwrap(), text);
                })
            })
            .collect();
        for client in clients {
            client.await.expect("it does not panic");
        }
        assert_eq!(count.get(), 50);
    });
}

#[test]
fn a_service_that_panics_ends_its_connection_only_and_is_logged() {
    logs::capture();
    on_every_backend(|| async {
        let before = logged("asked to panic over HTTP/1.1");
        let (address, _server) = start_for_now(Version::Http1, &Count::default());
        let mut other = http1_client(address).await;
        let mut client = http1_client(address).await;
        let failure = client.send_request(get("/panic")).await.unwrap_err();
        assert!(failure.is_incomplete_message(), "{failure:?}");
        let response = other.send_request(get("/hello")).await.unwrap();
        assert_eq!(body(response).await.unwrap(), "hello");
        assert_eq!(logged("asked to panic over HTTP/1.1"), before + 1);
    });
}
