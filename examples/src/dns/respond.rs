//! Answers one query from a zone. Nothing here does I/O.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::answer::MAX_ALIASES;
use super::message::{HEADER, MAX_UDP, decode};
use super::transport::Transport;
use super::zone::{Finding, Zone};

/// Returns the answer to `query`, or `None` when it deserves silence: it is too short to have a
/// header, or is itself an answer, which two servers could otherwise send to and fro for ever.
///
/// Any bytes may come in. An answer that does not fit the transport and the room that the query
/// states is replaced by one with the truncation flag and no records.
///
/// # Examples
///
/// ```
/// use crochet_examples::dns::respond::respond;
/// use crochet_examples::dns::transport::Transport;
/// use crochet_examples::dns::zone::Zone;
///
/// let garbage = *b"\x12\x34\x00\x00 garbage";
/// let answer = respond(&Zone::example(), &garbage, Transport::Udp).expect("it has a header");
/// assert_eq!(answer[..2], garbage[..2], "the same id");
/// assert_eq!(answer[3] & 0xf, 1, "format error");
/// ```
pub fn respond(zone: &Zone, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
    let header = Header(query.first_chunk()?);
    if header.is_response() {
        return None;
    }
    if header.op_code() != OpCode::Query {
        return Some(header.error(ResponseCode::NotImp));
    }
    let Ok(query) = decode(query) else {
        return Some(header.error(ResponseCode::FormErr));
    };
    let [question] = query.queries() else {
        return Some(header.error(ResponseCode::FormErr));
    };
    let mut response = blank_response(&query, question);
    if query.version() > 0 {
        response.set_response_code(ResponseCode::BADVERS);
    } else {
        answer(zone, question, &mut response);
    }
    let room = match transport {
        Transport::Udp => query.max_payload().min(MAX_UDP),
        Transport::Tcp => u16::MAX,
    };
    Some(
        encode_within(room.into(), &response)
            .unwrap_or_else(|| header.error(ResponseCode::ServFail)),
    )
}

/// The first bytes of a query, for answers to what cannot be decoded further.
struct Header<'a>(&'a [u8; HEADER]);

impl Header<'_> {
    fn is_response(&self) -> bool {
        self.0[2] & 0x80 != 0
    }

    fn op_code(&self) -> OpCode {
        OpCode::from_u8(self.0[2] >> 3 & 0xf)
    }

    /// Makes an answer of a header alone: the same id, operation and wish for recursion.
    fn error(&self, code: ResponseCode) -> Vec<u8> {
        let mut answer = vec![0; HEADER];
        answer[..2].copy_from_slice(&self.0[..2]);
        answer[2] = 0x80 | self.0[2] & 0x79;
        answer[3] = code.low();
        answer
    }
}

fn blank_response(query: &Message, question: &Query) -> Message {
    let mut response = Message::new();
    response
        .set_id(query.id())
        .set_message_type(MessageType::Response)
        .set_recursion_desired(query.recursion_desired())
        .add_query(question.clone());
    if query.extensions().is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(MAX_UDP);
        response.set_edns(edns);
    }
    response
}

fn answer(zone: &Zone, question: &Query, response: &mut Message) {
    let is_transfer = matches!(question.query_type(), RecordType::AXFR | RecordType::IXFR);
    if is_transfer || !matches!(question.query_class(), DNSClass::IN | DNSClass::ANY) {
        response.set_response_code(ResponseCode::Refused);
        return;
    }
    let mut name = question.name();
    for hop in 0..=MAX_ALIASES {
        match zone.find(name) {
            Finding::Outside if hop == 0 => {
                response.set_response_code(ResponseCode::Refused);
                return;
            }
            // An alias led out of the zone: the client goes on from there.
            Finding::Outside => return,
            Finding::Unknown(authority) => {
                response
                    .set_authoritative(true)
                    .set_response_code(ResponseCode::NXDomain)
                    .add_name_server(negative(authority));
                return;
            }
            Finding::Known { records, authority } => {
                response.set_authoritative(true);
                let fitting = fitting(records, question.query_type());
                if fitting.is_empty() {
                    response.add_name_server(negative(authority));
                }
                let alias = fitting
                    .first()
                    .and_then(|record| alias_target(record, question.query_type()));
                response.add_answers(fitting.into_iter().cloned());
                let Some(target) = alias else {
                    return;
                };
                name = target;
            }
        }
    }
}

/// Returns the records that answer a question for type `kind`; an alias answers any.
fn fitting(records: &[Record], kind: RecordType) -> Vec<&Record> {
    let fits = |record: &&Record| {
        kind == RecordType::ANY
            || record.record_type() == kind
            || record.record_type() == RecordType::CNAME
    };
    records.iter().filter(fits).collect()
}

/// Returns where an alias leads, when the question is not for the alias itself.
fn alias_target(record: &Record, kind: RecordType) -> Option<&Name> {
    match record.data() {
        RData::CNAME(target) if !matches!(kind, RecordType::CNAME | RecordType::ANY) => {
            Some(&target.0)
        }
        _ => None,
    }
}

/// Returns the start of authority as it goes with a negative answer: kept no longer than the
/// negative answer is (RFC 2308).
fn negative(authority: &Record) -> Record {
    let mut record = authority.clone();
    if let RData::SOA(soa) = authority.data() {
        record.set_ttl(authority.ttl().min(soa.minimum()));
    }
    record
}

/// Encodes the response, without its records if they do not fit. Returns `None` when even that
/// fails.
fn encode_within(room: usize, response: &Message) -> Option<Vec<u8>> {
    match response.to_vec() {
        Ok(bytes) if bytes.len() <= room => Some(bytes),
        Ok(_) | Err(_) => match response.truncate().to_vec() {
            Ok(bytes) if bytes.len() <= room => Some(bytes),
            Ok(_) | Err(_) => None,
        },
    }
}
