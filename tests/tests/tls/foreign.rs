//! openssl's client against our server.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, mpsc};

use crochet::tls::rustls::{AlertDescription, ProtocolVersion, ServerConfig};
use crochet::tls::{TlsError, TlsServer};
use crochet::tokio_io::TokioIo;
use crochet_reactor::Operation;
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::folder::Folder;
use crochet_tests::host::Host;
use crochet_tests::peer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::support::{Authority, NAME, listen};

/// Serves one connection, on which it returns a line in capitals and says goodbye; returns the
/// connection's version when that is done.
fn serve(
    host: &Host,
    config: ServerConfig,
) -> (SocketAddr, Operation<Result<ProtocolVersion, TlsError>>) {
    let (tell, told) = mpsc::channel();
    let served = host.remote().submit(move || async move {
        let listener = listen();
        let address = listener.local_addr().expect("a bound socket has one");
        tell.send(address).expect("the test waits");
        let (stream, _) = listener.accept().await.expect("a connection");
        let stream = TlsServer::new(Arc::new(config)).accept(stream).await?;
        let version = stream.get_ref().1.protocol_version();
        let mut stream = BufReader::new(TokioIo::new(stream));
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let answer = line.to_uppercase();
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        Ok(version.expect("it is agreed on"))
    });
    let served = served.expect("there is no queue limit");
    (told.recv().expect("the server starts"), served)
}

/// Waits for a server to be done.
fn outcome<T>(served: Operation<T>) -> T {
    served.wait(LONG).expect("it ends");
    served.take().expect("it has ended").expect("no panic")
}

/// Runs openssl's client, which trusts this authority and sends a line.
fn s_client(program: &Path, address: SocketAddr, trusted: &Authority, options: &[&str]) -> Output {
    let folder = Folder::new();
    let roots = folder.path("roots.pem");
    fs::write(&roots, trusted.pem()).expect("it can be written");
    let mut client = Command::new(program)
        .args(["s_client", "-quiet", "-verify_return_error"])
        .args(["-verify_hostname", NAME, "-servername", NAME])
        .args(["-connect", &address.to_string(), "-CAfile"])
        .arg(&roots)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = client.stdin.take().expect("a pipe");
    // A pipe holds that, whether the client reads it or not, unless it has ended before.
    let written = input.write_all(b"shout\n");
    assert!(
        matches!(&written, Err(error) if error.kind() == ErrorKind::BrokenPipe) || written.is_ok(),
        "{written:?}"
    );
    let output = client.wait_with_output().expect("it ends");
    drop(input);
    output
}

#[test]
fn openssl_trusts_our_server_and_is_answered() {
    let Some(program) = peer::find("openssl") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let versions = [
            ("-tls1_3", ProtocolVersion::TLSv1_3),
            ("-tls1_2", ProtocolVersion::TLSv1_2),
        ];
        for (option, version) in versions {
            let authority = Authority::new();
            let (address, served) = serve(&host, authority.issue().server());
            let output = s_client(&program, address, &authority, &[option]);
            assert!(output.status.success(), "{option}: {output:?}");
            assert_eq!(output.stdout, b"SHOUT\n", "{output:?}");
            assert_eq!(outcome(served).expect("it is served"), version);
        }
    });
}

#[test]
fn openssl_that_trusts_somebody_else_tells_our_server_so() {
    let Some(program) = peer::find("openssl") else {
        return;
    };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        let (address, served) = serve(&host, Authority::new().issue().server());
        let output = s_client(&program, address, &Authority::new(), &["-tls1_3"]);
        assert!(!output.status.success(), "{output:?}");
        let why = outcome(served).expect_err("it is refused");
        assert!(
            matches!(why, TlsError::Refused(AlertDescription::UnknownCA)),
            "{why:?}"
        );
    });
}
