//! Other programs at the other end.

use std::net::Shutdown;

use crochet::net::unix::{Bind, UnixStream};
use crochet_tests::backends::on_every_backend;
use crochet_tests::folder::Folder;
use crochet_tests::peer;

async fn echo_upper_case(stream: &UnixStream) {
    let mut all = Vec::new();
    let mut buf = [0; 64];
    loop {
        match stream.read(&mut buf).await.unwrap() {
            0 => break,
            length => all.extend_from_slice(&buf[..length]),
        }
    }
    all.make_ascii_uppercase();
    stream.write_all(&all).await.unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
}

#[test]
fn netcat_and_socat_connect_send_and_get_an_answer() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        let listener = Bind::new().listen(&path).unwrap();
        let path = path.to_str().unwrap();
        let socat = format!("UNIX-CONNECT:{path}");
        let programs: [(&str, &[&str]); 2] = [
            ("nc", &["-N", "-U", path]),
            ("socat", &["-t30", "-", &socat]),
        ];
        for (name, args) in programs {
            let Some(child) = peer::start(name, args, "over a unix socket") else {
                continue;
            };
            let stream = listener.accept().await.unwrap();
            if cfg!(target_os = "linux") {
                assert_eq!(stream.peer_credentials().unwrap().pid(), Some(child.id()));
            }
            echo_upper_case(&stream).await;
            drop(stream);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.stdout, b"OVER A UNIX SOCKET", "{name}");
        }
    });
}
