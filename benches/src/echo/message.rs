//! What is echoed.

use crate::contest::Failure;
use crate::server::load::Protocol;

/// A message that has to come back as it is.
#[derive(Debug)]
pub struct Echoed(());

/// Bytes of a message.
pub const MESSAGE: usize = 64;

impl Protocol for Echoed {
    // Every byte the same, so that any part of an answer can be checked.
    const REQUEST: &'static [u8] = &[0x2a; MESSAGE];

    type Received = usize;

    fn receive(received: &mut usize, bytes: &[u8]) -> Result<bool, Failure> {
        let end = *received + bytes.len();
        if Self::REQUEST.get(*received..end) != Some(bytes) {
            return Err("the answer is not what was sent".into());
        }
        *received = end % MESSAGE;
        Ok(*received == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_come_in_pieces() {
        let mut received = 0;
        let mut receive =
            |bytes: &[u8]| Echoed::receive(&mut received, bytes).expect("all is right");
        assert!(!receive(&Echoed::REQUEST[..10]));
        assert!(receive(&Echoed::REQUEST[10..]));
        assert!(receive(Echoed::REQUEST));
    }

    #[test]
    fn another_byte_or_one_too_many_is_refused() {
        assert!(Echoed::receive(&mut 0, b"?").is_err());
        assert!(Echoed::receive(&mut 60, &[0x2a; 5]).is_err());
    }
}
