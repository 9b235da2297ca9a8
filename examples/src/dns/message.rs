//! Makes questions, and judges what comes back. Nothing here does I/O.

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

use super::answer::Answer;

/// The largest UDP message that is asked for and sent: it fits an unfragmented packet on every
/// common path.
pub const MAX_UDP: u16 = 1232;

/// The size of the header, which every message starts with.
pub const HEADER: usize = 12;

/// The fewest bytes that a question and a record take: a root name, then fixed fields.
const MIN_QUESTION: usize = 5;
const MIN_RECORD: usize = 11;

/// Decodes a message.
///
/// # Errors
///
/// When `bytes` are not a message, or claim more records than they have room for.
pub fn decode(bytes: &[u8]) -> Result<Message, Undecodable> {
    if bytes.len() < claimed_length(bytes).ok_or(Undecodable)? {
        return Err(Undecodable);
    }
    Message::from_vec(bytes).map_err(|_| Undecodable)
}

/// Says that bytes are not a DNS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

/// Returns the least length of a message with the counts that the header of `bytes` states, so that
/// a short packet cannot make the decoder reserve room for tens of thousands of records.
fn claimed_length(bytes: &[u8]) -> Option<usize> {
    let [_, _, _, _, qd_high, qd_low, counts @ ..] = bytes.first_chunk::<HEADER>()?;
    let questions = usize::from(u16::from_be_bytes([*qd_high, *qd_low]));
    let records: usize = counts
        .chunks_exact(2)
        .map(|count| usize::from(u16::from_be_bytes([count[0], count[1]])))
        .sum();
    Some(HEADER + questions * MIN_QUESTION + records * MIN_RECORD)
}

/// Tells whether a question carries the EDNS record. Old servers answer FORMERR or NOTIMP to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// With EDNS, and so with answers of up to [`MAX_UDP`] bytes over UDP.
    Edns,
    /// As in 1987: answers of up to 512 bytes over UDP.
    Plain,
}

/// One question under one id.
#[derive(Clone, Debug)]
pub struct Question {
    id: u16,
    query: Query,
    extension: Extension,
}

impl Question {
    /// Makes the question for the records of type `kind` that `name` has, with a random id.
    ///
    /// # Errors
    ///
    /// When the operating system supplies no randomness.
    pub fn new(
        name: Name,
        kind: RecordType,
        extension: Extension,
    ) -> Result<Self, getrandom::Error> {
        let mut id = [0; 2];
        getrandom::fill(&mut id)?;
        Ok(Self {
            id: u16::from_ne_bytes(id),
            query: Query::query(name, kind),
            extension,
        })
    }

    /// Returns the question as it goes over the wire, without a length in front.
    pub fn encode(&self) -> Vec<u8> {
        let mut message = Message::new();
        message
            .set_id(self.id)
            .set_recursion_desired(true)
            .add_query(self.query.clone());
        if self.extension == Extension::Edns {
            let mut edns = Edns::new();
            edns.set_max_payload(MAX_UDP);
            message.set_edns(edns);
        }
        message
            .to_vec()
            .expect("a message of one question fits, because a name has at most 255 octets")
    }

    /// Judges bytes that came back from the server.
    pub fn judge(&self, bytes: &[u8]) -> Verdict {
        if bytes.first_chunk() != Some(&self.id.to_be_bytes()) {
            return Verdict::Unrelated;
        }
        // Looked at before decoding, because some servers cut the message in the middle of a
        // record.
        if let Some(&[_, _, flags, ..]) = bytes.first_chunk::<HEADER>() {
            if flags & 0b1000_0010 == 0b1000_0010 {
                return Verdict::Truncated;
            }
        }
        match decode(bytes) {
            Ok(message) if self.is_answered_by(&message) => Verdict::Answer(Answer::from(message)),
            Ok(_) => Verdict::Unrelated,
            Err(Undecodable) => Verdict::Malformed,
        }
    }

    /// An error may come without the question: not every server reads as far as that.
    fn is_answered_by(&self, message: &Message) -> bool {
        let same_question = match message.queries() {
            [] => message.response_code() != ResponseCode::NoError,
            [query] => {
                query.name() == self.query.name()
                    && query.query_type() == self.query.query_type()
                    && query.query_class() == self.query.query_class()
            }
            _ => false,
        };
        same_question && message.message_type() == MessageType::Response
    }
}

/// What bytes from the server are.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// An answer to the question.
    Answer(Answer),
    /// An answer that did not fit.
    Truncated,
    /// An answer with the right id that cannot be decoded.
    Malformed,
    /// An answer to some other question: late, or forged.
    Unrelated,
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_proto::rr::rdata::A;
    use hickory_proto::rr::{RData, Record};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).expect("a valid name")
    }

    fn question() -> Question {
        Question::new(name("a.test."), RecordType::A, Extension::Edns).expect("randomness")
    }

    /// A right answer, for the tests to break.
    fn reply(question: &Question) -> Message {
        let mut message = Message::new();
        message
            .set_id(question.id)
            .set_message_type(MessageType::Response)
            .add_query(question.query.clone());
        let data = RData::A(A(Ipv4Addr::LOCALHOST));
        message.add_answer(Record::from_rdata(name("a.test."), 60, data));
        message
    }

    fn judge(question: &Question, message: &Message) -> Verdict {
        question.judge(&message.to_vec().expect("a small message"))
    }

    #[test]
    fn an_answer_to_the_question_is_taken_whatever_its_letters_case() {
        let question = question();
        let mut message = reply(&question);
        message.queries_mut()[0].set_name(name("A.TEST."));
        assert!(matches!(judge(&question, &message), Verdict::Answer(_)));
    }

    #[test]
    fn another_id_name_type_or_direction_is_unrelated() {
        let question = question();
        let breakages: [fn(&mut Message); 6] = [
            |message| {
                message.set_id(message.id().wrapping_add(1));
            },
            |message| {
                message.queries_mut()[0].set_name(name("b.test."));
            },
            |message| {
                message.queries_mut()[0].set_query_type(RecordType::AAAA);
            },
            |message| {
                message.set_message_type(MessageType::Query);
            },
            |message| {
                message.take_queries();
            },
            |message| {
                message.add_query(message.queries()[0].clone());
            },
        ];
        for (index, breakage) in breakages.iter().enumerate() {
            let mut message = reply(&question);
            breakage(&mut message);
            assert!(
                matches!(judge(&question, &message), Verdict::Unrelated),
                "breakage {index}"
            );
        }
        assert!(matches!(question.judge(&[]), Verdict::Unrelated));
        assert!(matches!(question.judge(&[0]), Verdict::Unrelated));
    }

    #[test]
    fn an_error_may_come_without_the_question() {
        let question = question();
        let message = Message::error_msg(
            question.id,
            hickory_proto::op::OpCode::Query,
            ResponseCode::FormErr,
        );
        let Verdict::Answer(answer) = judge(&question, &message) else {
            panic!("an answer is expected");
        };
        assert_eq!(answer.code(), ResponseCode::FormErr);
    }

    #[test]
    fn every_cut_of_an_answer_is_malformed_and_truncated_only_when_it_says_so() {
        let question = question();
        let mut message = reply(&question);
        let bytes = message.to_vec().expect("a small message");
        for length in 2..bytes.len() {
            assert!(
                matches!(question.judge(&bytes[..length]), Verdict::Malformed),
                "{length} bytes"
            );
        }
        message.set_truncated(true);
        let bytes = message.to_vec().expect("a small message");
        for length in HEADER..=bytes.len() {
            assert!(
                matches!(question.judge(&bytes[..length]), Verdict::Truncated),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_header_that_claims_more_than_there_is_room_for_is_undecodable() {
        let mut bytes = [0; 64];
        bytes[10..12].fill(0xff);
        assert_eq!(claimed_length(&bytes), Some(HEADER + 65_535 * MIN_RECORD));
        assert_eq!(decode(&bytes).map(drop), Err(Undecodable));
    }
}
