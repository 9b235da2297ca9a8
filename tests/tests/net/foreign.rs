//! netcat and socat at the other end.

use std::io::Read;
use std::net::Shutdown;

use crochet::net::{TcpListener, UdpSocket};
use crochet_tests::backends::on_every_backend;
use crochet_tests::peer;

use crate::io::read_to_end;

#[test]
fn netcat_and_socat_connect_send_and_get_an_answer() {
    on_every_backend(|| async {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let socat = format!("TCP:127.0.0.1:{port}");
        let programs: [(&str, &[&str]); 2] = [
            ("nc", &["-N", "127.0.0.1", &port]),
            ("socat", &["-t30", "-", &socat]),
        ];
        for (name, args) in programs {
            let Some(child) = peer::start(name, args, "over tcp") else {
                continue;
            };
            let (stream, _) = listener.accept().await.unwrap();
            let mut all = read_to_end(&stream).await.unwrap();
            all.make_ascii_uppercase();
            stream.write_all(&all).await.unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            drop(stream);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.stdout, b"OVER TCP", "{name}");
        }
    });
}

#[test]
fn netcat_and_socat_send_datagrams_and_get_answers() {
    on_every_backend(|| async {
        let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port().to_string();
        let socat = format!("UDP:127.0.0.1:{port}");
        let programs: [(&str, &[&str]); 2] = [
            ("nc", &["-u", "127.0.0.1", &port]),
            ("socat", &["-t30", "-", &socat]),
        ];
        for (name, args) in programs {
            let Some(mut child) = peer::start(name, args, "over udp") else {
                continue;
            };
            let mut buf = [0; 64];
            let (length, from) = socket.recv_from(&mut buf).await.unwrap();
            let answer = buf[..length].to_ascii_uppercase();
            socket.send_to(&answer, from).await.unwrap();
            let output = child.stdout.as_mut().expect("a pipe");
            let read = output.read_exact(&mut buf[..length]);
            // They cannot know that nothing else is to come.
            child.kill().unwrap();
            child.wait().unwrap();
            read.unwrap();
            assert_eq!(&buf[..length], b"OVER UDP", "{name}");
        }
    });
}
