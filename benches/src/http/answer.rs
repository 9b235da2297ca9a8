//! What is asked and answered.

use crate::contest::Failure;
use crate::server::load::Protocol;

/// What every request is answered with.
pub const HELLO: &[u8] = b"Hello, World!";

/// A request of HTTP/1.1 on a connection that stays open, and its answer.
#[derive(Debug)]
pub struct Asked(());

impl Protocol for Asked {
    const REQUEST: &'static [u8] =
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: crochet-benches\r\naccept: */*\r\n\r\n";

    type Received = Vec<u8>;

    fn receive(received: &mut Vec<u8>, bytes: &[u8]) -> Result<bool, Failure> {
        received.extend_from_slice(bytes);
        let Some(end) = find(received, END_OF_HEADERS) else {
            return match received.len() {
                length if length > LONGEST => Err("the headers do not end".into()),
                _ => Ok(false),
            };
        };
        let (headers, body) = received.split_at(end + END_OF_HEADERS.len());
        if !headers.starts_with(OK) {
            return Err("the status is not 200".into());
        }
        match HELLO.strip_prefix(body) {
            Some([]) => {
                received.clear();
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err("the body is not what it should be".into()),
        }
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";
const END_OF_HEADERS: &[u8] = b"\r\n\r\n";

/// Bytes of headers that are too many to be true.
const LONGEST: usize = 8_192;

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\nHello, World!";

    #[test]
    fn an_answer_may_come_byte_by_byte() {
        let mut received = Vec::new();
        let mut receive =
            |bytes: &[u8]| Asked::receive(&mut received, bytes).expect("all is right");
        let (last, others) = ANSWER.split_last().expect("it is not empty");
        assert!(others.iter().all(|&byte| !receive(&[byte])));
        assert!(receive(&[*last]));
        assert!(receive(ANSWER));
    }

    #[test]
    fn another_status_or_body_is_refused() {
        let receive = |bytes: &[u8]| Asked::receive(&mut Vec::new(), bytes);
        assert!(receive(b"HTTP/1.1 500 Oh\r\n\r\nHello, World!").is_err());
        assert!(receive(b"HTTP/1.1 200 OK\r\n\r\nHello, Moon!!").is_err());
        assert!(receive(b"HTTP/1.1 200 OK\r\n\r\nHello, World!!").is_err());
    }
}
