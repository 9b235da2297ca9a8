//! The embedded server's answers, to good queries and to any bytes.

use std::sync::LazyLock;

use crochet_examples::dns::message::decode;
use crochet_examples::dns::respond::respond;
use crochet_examples::dns::transport::Transport;
use crochet_examples::dns::zone::Zone;
use hickory_proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use proptest::prelude::*;

static ZONE: LazyLock<Zone> = LazyLock::new(Zone::example);

fn query(name: &str, kind: RecordType) -> Message {
    let mut name = Name::from_ascii(name).expect("a valid name");
    name.set_fqdn(true);
    let mut message = Message::new();
    message
        .set_id(4660)
        .set_recursion_desired(true)
        .add_query(Query::query(name, kind));
    message
}

fn with_payload(message: Message, payload: u16) -> Message {
    with_edns(message, payload, 0)
}

fn with_edns(mut message: Message, payload: u16, version: u8) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload).set_version(version);
    message.set_edns(edns);
    message
}

fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().expect("a small message")
}

fn answer_over(transport: Transport, message: &Message) -> Message {
    let answer = respond(&ZONE, &bytes(message), transport).expect("the query has a header");
    decode(&answer).expect("the server answers well")
}

fn answer(message: &Message) -> Message {
    answer_over(Transport::Udp, message)
}

fn kinds(message: &Message) -> Vec<RecordType> {
    message
        .answers()
        .iter()
        .map(|record| record.record_type())
        .collect()
}

#[test]
fn a_name_s_records_come_with_authority_and_the_question() {
    let asked = query("EXAMPLE.com", RecordType::MX);
    let answer = answer(&asked);
    assert_eq!(answer.id(), 4660);
    assert!(answer.authoritative() && answer.recursion_desired() && !answer.recursion_available());
    assert_eq!(answer.queries(), asked.queries());
    assert_eq!(kinds(&answer), [RecordType::MX; 2]);
    assert!(answer.extensions().is_none(), "no EDNS unasked");
}

#[test]
fn an_alias_brings_what_it_leads_to() {
    assert_eq!(
        kinds(&answer(&query("www.example.com", RecordType::A))),
        [RecordType::CNAME, RecordType::A]
    );
    assert_eq!(
        kinds(&answer(&query("www.example.com", RecordType::CNAME))),
        [RecordType::CNAME]
    );
    let chain = [RecordType::CNAME, RecordType::CNAME, RecordType::AAAA];
    assert_eq!(
        kinds(&answer(&query("org.example.com", RecordType::AAAA))),
        chain
    );
    let outside = answer(&query("outside.example.com", RecordType::A));
    assert_eq!(
        (outside.response_code(), kinds(&outside)),
        (ResponseCode::NoError, vec![RecordType::CNAME])
    );
}

#[test]
fn negative_answers_bring_the_start_of_authority() {
    for (name, kind, code) in [
        ("nosuch.example.com", RecordType::A, ResponseCode::NXDomain),
        ("example.org", RecordType::MX, ResponseCode::NoError),
        ("below.example.com", RecordType::A, ResponseCode::NoError),
    ] {
        let answer = answer(&query(name, kind));
        assert_eq!(
            (answer.response_code(), kinds(&answer)),
            (code, vec![]),
            "{name}"
        );
        let [authority] = answer.name_servers() else {
            panic!("one record for {name}")
        };
        assert_eq!(
            (authority.record_type(), authority.ttl()),
            (RecordType::SOA, 300),
            "{name}"
        );
    }
}

#[test]
fn what_is_not_the_server_s_business_is_refused() {
    let mut chaos = query("example.com", RecordType::A);
    chaos.queries_mut()[0].set_query_class(DNSClass::CH);
    let refused = [
        query("example.net", RecordType::A),
        query(".", RecordType::NS),
        query("example.com", RecordType::AXFR),
        chaos,
    ];
    for message in &refused {
        let answer = answer(message);
        assert_eq!(answer.response_code(), ResponseCode::Refused, "{message}");
        assert!(!answer.authoritative(), "{message}");
    }
}

#[test]
fn other_operations_are_not_implemented() {
    for op_code in [OpCode::Status, OpCode::Notify, OpCode::Update] {
        let mut message = query("example.com", RecordType::A);
        message.set_op_code(op_code);
        let answer = answer(&message);
        assert_eq!(
            (answer.response_code(), answer.op_code()),
            (ResponseCode::NotImp, op_code)
        );
    }
}

#[test]
fn no_question_and_two_questions_are_format_errors() {
    let mut none = query("example.com", RecordType::A);
    none.take_queries();
    let mut two = query("example.com", RecordType::A);
    two.add_query(two.queries()[0].clone());
    for message in [none, two] {
        assert_eq!(answer(&message).response_code(), ResponseCode::FormErr);
    }
}

#[test]
fn a_header_is_enough_for_a_format_error_and_less_is_not() {
    let whole = bytes(&query("example.com", RecordType::A));
    for length in 0..whole.len() {
        let answer = respond(&ZONE, &whole[..length], Transport::Udp);
        match length {
            0..12 => assert_eq!(answer, None, "{length} bytes"),
            _ => {
                let answer =
                    decode(&answer.expect("there is a header")).expect("the server answers well");
                assert_eq!(
                    (answer.id(), answer.response_code()),
                    (4660, ResponseCode::FormErr),
                    "{length} bytes"
                );
            }
        }
    }
}

#[test]
fn answers_are_not_answered() {
    let mut message = query("example.com", RecordType::A);
    message.set_message_type(hickory_proto::op::MessageType::Response);
    assert_eq!(respond(&ZONE, &bytes(&message), Transport::Udp), None);
}

#[test]
fn an_unknown_version_of_edns_is_told_so() {
    let answer = answer(&with_edns(query("example.com", RecordType::A), 1232, 1));
    // The number has two names: it is BADSIG as well.
    assert_eq!(u16::from(answer.response_code()), 16);
    assert_eq!(kinds(&answer), []);
    assert_eq!(answer.version(), 0);
}

#[test]
fn a_long_answer_is_truncated_to_nothing_over_udp_and_whole_over_tcp() {
    let message = with_payload(query("big.example.com", RecordType::A), 4096);
    let over_udp = answer(&message);
    assert!(
        over_udp.truncated() && over_udp.answers().is_empty() && over_udp.extensions().is_some()
    );
    let over_tcp = answer_over(Transport::Tcp, &message);
    assert!(!over_tcp.truncated());
    assert_eq!(over_tcp.answers().len(), 200);
}

#[test]
fn the_room_that_the_query_states_is_kept_to() {
    let asked = query("medium.example.com", RecordType::A);
    assert!(answer(&asked).truncated(), "512 bytes without EDNS");
    let whole = bytes(&answer_over(
        Transport::Tcp,
        &with_payload(asked.clone(), 0),
    ))
    .len();
    let whole = u16::try_from(whole).expect("a medium answer");
    for (payload, truncated) in [
        (0, true),
        (512, true),
        (whole - 1, true),
        (whole, false),
        (u16::MAX, false),
    ] {
        let answer = answer(&with_payload(asked.clone(), payload));
        assert_eq!(answer.truncated(), truncated, "{payload} of {whole} bytes");
    }
}

const NAMES: [&str; 9] = [
    "example.com",
    "big.example.com",
    "medium.example.com",
    "www.example.com",
    "loop.example.com",
    "outside.example.com",
    "nosuch.example.org",
    "example.net",
    ".",
];

fn any_query() -> impl Strategy<Value = Vec<u8>> {
    let edns = proptest::option::of((any::<u16>(), any::<u8>()));
    (
        proptest::sample::select(&NAMES),
        any::<u16>(),
        any::<u16>(),
        edns,
    )
        .prop_map(|(name, kind, id, edns)| {
            let mut message = query(name, RecordType::from(kind));
            message.set_id(id);
            if let Some((payload, version)) = edns {
                message = with_edns(message, payload, version);
            }
            bytes(&message)
        })
}

/// A query with bytes changed, cut or added.
fn mutated_query() -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let tail = proptest::collection::vec(any::<u8>(), 0..40);
    (any_query(), changes, any::<prop::sample::Index>(), tail).prop_map(
        |(mut query, changes, cut, tail)| {
            for (index, value) in changes {
                let index = index.index(query.len());
                query[index] = value;
            }
            query.truncate(cut.index(query.len() * 2));
            query.extend(tail);
            query
        },
    )
}

fn any_transport() -> impl Strategy<Value = Transport> {
    prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)]
}

/// What holds for the answer to any bytes: silence only where it is due, and else a sound answer
/// with the same id that fits.
fn check(packet: &[u8], transport: Transport) -> Result<(), TestCaseError> {
    let deserves_silence = packet.len() < 12 || packet[2] & 0x80 != 0;
    let Some(answer) = respond(&ZONE, packet, transport) else {
        prop_assert!(deserves_silence);
        return Ok(());
    };
    prop_assert!(!deserves_silence);
    prop_assert_eq!(&answer[..2], &packet[..2]);
    prop_assert!(answer[2] & 0x80 != 0);
    prop_assert!(transport == Transport::Tcp || answer.len() <= 1232);
    prop_assert!(decode(&answer).is_ok());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered_soundly(
        packet in proptest::collection::vec(any::<u8>(), 0..600),
        transport in any_transport(),
    ) {
        check(&packet, transport)?;
    }

    #[test]
    fn any_mutation_of_a_query_is_answered_soundly(
        packet in mutated_query(),
        transport in any_transport(),
    ) {
        check(&packet, transport)?;
    }

    #[test]
    fn any_query_is_answered(packet in any_query(), transport in any_transport()) {
        prop_assert!(respond(&ZONE, &packet, transport).is_some());
        check(&packet, transport)?;
    }
}
