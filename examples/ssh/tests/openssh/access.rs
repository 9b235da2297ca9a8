//! Who is let in, and who is not.

use std::fs;
use std::time::{Duration, Instant};

use crate::peer::peer;
use crate::support::{Client, PASSWORD, Process, Program, file, new_key, path, program};

#[test]
fn a_wrong_password_is_refused_and_costs_a_second() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    for (user, password) in [
        ("admin", "open sesam"),
        ("admin", "open sesame "),
        ("admin", ""),
        ("root", PASSWORD),
    ] {
        let started = Instant::now();
        let mut client = Client::to(user, program.port, password, &ssh);
        let mut client = Process::start(client.command(&["-T"]));
        let (status, rest) = client.finish();
        assert_eq!(
            (status.code(), rest.as_str()),
            (Some(255), ""),
            "{user} {password:?}"
        );
        assert!(
            client.err.rest().contains("Permission denied"),
            "{user} {password:?}"
        );
        let second = Duration::from_secs(1);
        assert!(started.elapsed() >= second, "{user} {password:?}");
    }
    program.prompt(&ssh);
}

#[test]
fn three_wrong_passwords_end_the_connection() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let asked = file("ssh-asked", "");
    let mut client = Client::to("admin", program.port, "guess", &ssh).env("CROCHET_ASKED", &asked);
    let mut client = Process::start(client.command(&["-T", "-o", "NumberOfPasswordPrompts=9"]));
    let (status, _) = client.finish();
    assert_eq!(status.code(), Some(255));
    let asked = fs::read_to_string(asked)
        .expect("it was made")
        .lines()
        .count();
    // The client may ask its user once more before it sees that the connection has ended.
    assert!((3..=4).contains(&asked), "asked {asked} times");
    let complaints = client.err.rest().matches("please try again").count();
    assert_eq!(complaints, 3);
}

#[test]
fn keys_are_refused() {
    let (Some(ssh), Some(keygen)) = (peer("ssh"), peer("ssh-keygen")) else {
        return;
    };
    let program = Program::start();
    let key = new_key(&keygen, "ssh-user-key", "ed25519");
    let key = format!("IdentityFile={}", key.display());
    let args = [
        "-T",
        "-o",
        "PubkeyAuthentication=yes",
        "-o",
        "PreferredAuthentications=publickey",
        "-o",
        &key,
    ];
    let mut client = program.client(&ssh, &args);
    assert_eq!(client.finish().0.code(), Some(255));
    let complaint = client.err.rest();
    assert!(complaint.contains("Permission denied"), "{complaint}");
}

#[test]
fn a_new_password_is_told_and_lets_its_user_in() {
    let Some(ssh) = peer("ssh") else { return };
    let mut command = program();
    let mut process = Process::start(command.args(["--listen", "127.0.0.1:0", "--user", "eve"]));
    process.err.expect("the password is ");
    let password = process.err.expect("\n");
    let program = Program::listening(process);
    let mut client = Client::to("eve", program.port, password.trim(), &ssh);
    let mut client = Process::start(client.command(&["-tt"]));
    client.out.expect(">>> ");
}

#[test]
fn a_server_with_a_host_key_of_a_file_is_known_again() {
    let (Some(ssh), Some(keygen)) = (peer("ssh"), peer("ssh-keygen")) else {
        return;
    };
    let key = new_key(&keygen, "ssh-host-key", "ed25519");
    let key_arg = key.to_str().expect("the target directory has a UTF-8 name");
    let program = Program::start_with(&["--host-key", key_arg]);
    let known = path("ssh-known-hosts");
    let known_arg = format!("UserKnownHostsFile={}", known.display());
    let args = ["-tt", "-o", "StrictHostKeyChecking=yes", "-o", &known_arg];

    let public = fs::read_to_string(key.with_extension("pub")).expect("ssh-keygen writes both");
    let line = |port: u16| format!("[127.0.0.1]:{port} {public}");
    fs::write(&known, line(program.port)).expect("it is ours");
    program.client(&ssh, &args).out.expect(">>> ");

    let other = Program::start();
    fs::write(&known, line(other.port)).expect("it is ours");
    let mut client = other.client(&ssh, &args);
    assert_eq!(client.finish().0.code(), Some(255));
    assert!(client.err.rest().contains("Host key verification failed"));
}
