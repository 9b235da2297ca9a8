//! A small name server on the reactor, for the domain `test`.

use std::cell::Cell;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::str::FromStr;

use crochet::net::{TcpListener, TcpStream, UdpSocket};
use crochet::{JoinHandle, spawn};
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, MX, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use crate::support::LOOPBACK;

/// How many addresses `many.test` has: too many for a datagram.
pub(crate) const MANY: u8 = 120;

/// A server that takes datagrams and connections until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    seen: Rc<Seen>,
    _tasks: [JoinHandle<()>; 2],
}

/// What a server has seen.
#[derive(Debug, Default)]
struct Seen {
    datagrams: Cell<u32>,
    connections: Cell<u32>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let (datagrams, listener) = sockets();
        let address = listener.local_addr().expect("it is bound");
        let seen = Rc::<Seen>::default();
        let tasks = [
            spawn(Rc::clone(&seen).serve_datagrams(datagrams)),
            spawn(Rc::clone(&seen).serve_connections(listener)),
        ];
        Self {
            address,
            seen,
            _tasks: tasks.map(JoinHandle::cancel_on_drop),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns how many datagrams have come.
    pub(crate) fn datagrams(&self) -> u32 {
        self.seen.datagrams.get()
    }

    /// Returns how many connections have been made.
    pub(crate) fn connections(&self) -> u32 {
        self.seen.connections.get()
    }
}

impl Seen {
    async fn serve_datagrams(self: Rc<Self>, socket: UdpSocket) {
        let mut question = [0; 512];
        loop {
            let (length, client) = socket.recv_from(&mut question).await.expect("a datagram");
            self.datagrams.set(self.datagrams.get() + 1);
            let mut answer = answer(&question[..length]);
            if encoded(&answer).len() > question.len() {
                answer.take_answers();
                answer.set_truncated(true);
            }
            let answer = encoded(&answer);
            socket.send_to(&answer, client).await.expect("it is sent");
        }
    }

    async fn serve_connections(self: Rc<Self>, listener: TcpListener) {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            self.connections.set(self.connections.get() + 1);
            drop(spawn(async move {
                let end = serve_connection(&stream).await.expect_err("it goes on");
                // The client has closed.
                assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof, "{end}");
            }));
        }
    }
}

async fn serve_connection(stream: &TcpStream) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length).await?;
        let mut question = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut question).await?;
        let answer = encoded(&answer(&question));
        let length = u16::try_from(answer.len()).expect("it fits a message");
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(&answer).await?;
    }
}

/// Binds both kinds of sockets to one port.
fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..20 {
        let listener = TcpListener::bind(LOOPBACK).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        if let Ok(datagrams) = UdpSocket::bind(address) {
            return (datagrams, listener);
        }
    }
    panic!("no port is free for both");
}

/// Makes the answer to a question.
fn answer(question: &[u8]) -> Message {
    let question = Message::from_vec(question).expect("a message");
    let query = question.query().expect("a question");
    let mut answer = Message::new();
    answer.set_id(question.id());
    answer.set_message_type(MessageType::Response);
    answer.set_authoritative(true);
    answer.set_recursion_desired(question.recursion_desired());
    answer.add_query(query.clone());
    match records(query.name(), query.query_type()) {
        Some(records) => {
            let name = query.name();
            answer.add_answers(records.into_iter().map(|data| record(name, data)));
        }
        None => {
            answer.set_response_code(ResponseCode::NXDomain);
            let soa = SOA::new(name("ns.test."), name("admin.test."), 1, 60, 60, 60, 60);
            answer.add_name_server(record(&name("test."), RData::SOA(soa)));
        }
    }
    answer
}

/// Returns what a name has, if there is such a name.
fn records(name: &Name, kind: RecordType) -> Option<Vec<RData>> {
    let address = RData::A(A::new(192, 0, 2, 40));
    let address_v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x40);
    let records = match (name.to_string().as_str(), kind) {
        ("host.test.", RecordType::A) => vec![address],
        ("host.test.", RecordType::AAAA) => vec![RData::AAAA(AAAA(address_v6))],
        ("many.test.", RecordType::A) => {
            let addresses = (1..=MANY).map(|last| RData::A(A::new(192, 0, 2, last)));
            addresses.collect()
        }
        ("test.", RecordType::MX) => [(20, "second.test."), (5, "first.test.")]
            .map(|(preference, host)| RData::MX(MX::new(preference, self::name(host))))
            .into(),
        ("host.test." | "many.test." | "test.", _) => Vec::new(),
        _ => return None,
    };
    Some(records)
}

fn record(name: &Name, data: RData) -> Record {
    Record::from_rdata(name.clone(), 60, data)
}

fn name(text: &str) -> Name {
    Name::from_str(text).expect("a valid name")
}

fn encoded(message: &Message) -> Vec<u8> {
    message.to_vec().expect("a valid message")
}
