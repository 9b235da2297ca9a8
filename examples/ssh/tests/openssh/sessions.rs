//! What users can do who have logged in.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::peer::peer;
use crate::support::{Client, Output, Program};

const END: &str = "\x04";
const INTERRUPT: &str = "\x03";

#[test]
fn a_user_with_the_password_gets_a_prompt_that_evaluates() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let mut client = program.client(&ssh, &["-tt"]);
    let greeting = client.out.expect(">>> ");
    assert!(greeting.contains("running program"), "{greeting}");
    for (line, answer) in [
        ("3 + 4", "7\r\n"),
        ("let x = 6 * 7", ""),
        ("x", "42\r\n"),
        (
            "app.names()",
            "[\"copy\", \"last\", \"lines\", \"prefix\", \"words\"]\r\n",
        ),
        ("get words", "0\r\n"),
        (
            "get nothing",
            "error: Runtime error: the program has no object \"nothing\"\r\n",
        ),
        ("", ""),
    ] {
        client.send(&format!("{line}\r"));
        assert_eq!(client.out.expect(">>> "), format!("{line}\r\n{answer}>>> "));
    }
    client.send("help\r");
    assert!(client.out.expect(">>> ").contains("set NAME VALUE"));
}

#[test]
fn what_is_set_at_the_prompt_the_program_uses_and_the_other_way_round() {
    let Some(ssh) = peer("ssh") else { return };
    let mut program = Program::start();
    program.copy("one two", "one two");
    let mut client = program.prompt(&ssh);
    client.send("list\r");
    let listed = "copy = true\r\nlast = \"one two\"\r\nlines = 1\r\nprefix = \"\"\r\nwords = 2\r\n";
    assert_eq!(client.out.expect(">>> "), format!("list\r\n{listed}>>> "));

    client.send("set prefix \"% \"\r");
    client.out.expect(">>> ");
    program.copy("three", "% three");
    client.send("app.lines + app.words\r");
    assert_eq!(
        client.out.expect(">>> "),
        "app.lines + app.words\r\n5\r\n>>> "
    );

    client.send("app.words = 100; app.copy = false\r");
    client.out.expect(">>> ");
    program.process.send("four\n");
    program.process.close_input();
    let (status, rest) = program.process.finish();
    assert_eq!(
        (status.code(), rest.as_str()),
        (Some(0), "3 lines, 101 words\n")
    );
}

#[test]
fn two_users_at_once_share_the_objects_and_not_the_variables() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let [mut one, mut other] = [program.prompt(&ssh), program.prompt(&ssh)];
    one.send("let mine = 5; app.lines = 5\r");
    one.out.expect(">>> ");
    other.send("app.lines\r");
    assert_eq!(other.out.expect(">>> "), "app.lines\r\n5\r\n>>> ");
    other.send("mine\r");
    assert!(
        other
            .out
            .expect(">>> ")
            .contains("error: Variable not found: mine")
    );

    // One that is evaluating does not keep the other waiting.
    one.send("loop { }\r");
    one.out.expect("\r\n");
    other.send("app.lines += 1; app.lines\r");
    assert!(other.out.expect(">>> ").ends_with("\r\n6\r\n>>> "));
}

#[test]
fn control_d_and_quit_end_the_session() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    for leave in [END, "quit\r", "exit\n"] {
        let mut client = program.prompt(&ssh);
        client.send(leave);
        let (_, rest) = client.finish();
        assert!(!rest.contains(">>> "), "{leave:?}: {rest:?}");
    }
    // On a line that has something, control-D is not the end.
    let mut client = program.prompt(&ssh);
    client.send("4\x042\r");
    assert!(client.out.expect(">>> ").ends_with("42\r\n>>> "));
}

#[test]
fn control_c_forgets_the_line_and_halts_an_endless_evaluation() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let mut client = program.prompt(&ssh);
    client.send(&format!("not this{INTERRUPT}"));
    assert_eq!(client.out.expect(">>> "), "not this^C\r\n>>> ");
    client.send("let kept = 1; loop { }\r");
    client.out.expect("\r\n");
    let started = Instant::now();
    client.send(&format!("not this either\r{INTERRUPT}"));
    assert_eq!(client.out.expect(">>> "), "interrupted\r\n>>> ");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    client.send("kept\r");
    assert_eq!(client.out.expect(">>> "), "kept\r\n1\r\n>>> ");
}

#[test]
fn typing_is_shown_and_can_be_corrected() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let mut client = program.prompt(&ssh);
    client.send("\"\u{e4}x\x7f\x7fo\x1b[D\"\r");
    let shown = client.out.expect(">>> ");
    assert_eq!(shown, "\"\u{e4}x\x08 \x08\x08 \x08o\"\r\n\"o\"\r\n>>> ");
}

#[test]
fn a_pipe_gets_the_answers_alone() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let mut client = program.client(&ssh, &["-T"]);
    client.send("let x = 2\nx + x\nprint(\"a\"); 1 +\nlast");
    client.close_input();
    let (_, answers) = client.finish();
    assert!(answers.starts_with("4\nerror: Syntax error"), "{answers}");
    assert!(!answers.contains(['>', '\r']), "{answers}");
}

#[test]
fn keys_are_exchanged_anew_in_the_middle_of_answers() {
    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    for cipher in ["chacha20-poly1305@openssh.com", "aes256-ctr"] {
        let args = ["-T", "-v", "-o", "RekeyLimit=1K", "-c", cipher];
        let mut client = program.client(&ssh, &args);
        let script = "for i in 0..20 { print(\"0123456789012345678901234567890123456789\") }\n";
        client.send(&script.repeat(200));
        client.close_input();
        let (_, answers) = client.finish();
        let line = "0123456789012345678901234567890123456789\n";
        assert!(answers == line.repeat(4000), "{} bytes", answers.len());
        let exchanges = client.err.rest().matches("SSH2_MSG_KEXINIT sent").count();
        assert!(exchanges > 3, "{exchanges} key exchanges");
    }
}

#[test]
fn a_client_that_does_not_read_holds_nobody_up_and_loses_nothing() {
    const ANSWERS: usize = 200;
    const LENGTH: usize = 30_000;

    let Some(ssh) = peer("ssh") else { return };
    let program = Program::start();
    let mut slow = Client::of(&program, &ssh);
    let slow = slow.command(&["-T"]).stdin(Stdio::piped());
    let mut slow = slow
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let script = format!("let s = \"\"; s.pad({LENGTH}, \"x\"); print(s)\n");
    // Little enough for a pipe; the answers are more than all buffers on the way hold.
    let mut input = slow.stdin.take().expect("it is piped");
    input
        .write_all(script.repeat(ANSWERS).as_bytes())
        .expect("the client reads");
    let mut other = program.prompt(&ssh);
    other.send("1 + 1\r");
    other.out.expect("\r\n2\r\n>>> ");
    writeln!(input, "print(\"the end\")").expect("the client reads");
    let mut answers = Output::of(slow.stdout.take().expect("it is piped"));
    let answers = answers.expect("the end\n");
    drop(input);
    slow.wait().expect("the client ends");
    assert_eq!(answers.len(), ANSWERS * (LENGTH + 1) + "the end\n".len());
}

#[test]
fn the_programs_end_ends_sessions_at_once() {
    let Some(ssh) = peer("ssh") else { return };
    let mut program = Program::start();
    let [mut idle, mut busy] = [program.prompt(&ssh), program.prompt(&ssh)];
    busy.send("loop { }\r");
    busy.out.expect("\r\n");
    let started = Instant::now();
    program.process.close_input();
    let (status, rest) = program.process.finish();
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        (status.code(), rest.as_str()),
        (Some(0), "0 lines, 0 words\n")
    );
    for client in [&mut idle, &mut busy] {
        client.finish();
    }
    assert_eq!(program.process.err.rest(), "admin@127.0.0.1\n");
}
