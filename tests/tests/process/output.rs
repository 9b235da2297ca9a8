//! What children write and read.

use std::io::ErrorKind;
use std::pin::pin;

use crochet::process::{Command, OutputError, Stdio};
use crochet::{spawn, timeout};
use crochet_tests::{LONG, SHORT, children};

use crate::support::{held_shell, is_ready, line, on_every_backend, shell, started};

#[test]
fn output_of_both_pipes_is_collected_whichever_fills_first() {
    on_every_backend(async || {
        let script = "head -c 300000 /dev/zero >&2; head -c 400000 /dev/zero; exit 3";
        let output = shell(script).output(1_000_000).await.unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (400_000, 300_000)
        );
    });
}

#[test]
fn as_much_output_as_the_limit_is_not_too_much() {
    on_every_backend(async || {
        let exact = shell("printf abc; printf de >&2").output(5).await.unwrap();
        assert_eq!((&*exact.stdout, &*exact.stderr), (&b"abc"[..], &b"de"[..]));
        let more = shell("printf abc; printf de >&2").output(4).await;
        assert!(matches!(more, Err(OutputError::TooMuch(4))), "{more:?}");
    });
}

#[test]
fn a_child_that_writes_without_end_is_killed_at_the_limit() {
    on_every_backend(async || {
        let output = Command::new("yes").output(100_000).await;
        assert!(matches!(output, Err(OutputError::TooMuch(100_000))));
    });
}

#[test]
fn a_timeout_around_it_kills_the_child() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("echo $$; read line <&3");
        command.own_group();
        assert!(timeout(SHORT, command.output(1000)).await.is_err());
        drop(command);
        drop(hold);
        while !children::ids().is_empty() {
            crochet::sleep(std::time::Duration::ZERO).await;
        }
    });
}

#[test]
fn a_command_has_no_input_and_its_output_is_collected_unless_set_otherwise() {
    on_every_backend(async || {
        // It would wait for what the tests are run with.
        let output = Command::new("cat").output(100).await.unwrap();
        assert!(output.status.success() && output.stdout.is_empty());
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2"]);
        let output = command.stdout(Stdio::null()).output(100).await.unwrap();
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b""[..], &b"err\n"[..])
        );
        // Any number of times.
        let output = command.output(100).await.unwrap();
        assert_eq!(output.stderr, b"err\n");
    });
}

#[test]
fn what_is_written_comes_back_however_much_it_is() {
    on_every_backend(async || {
        let mut child = Command::new("cat");
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let input = child.take_stdin().unwrap();
        let data: Vec<u8> = (0..1_000_000_u32)
            .map(|number| number.to_le_bytes()[0])
            .collect();
        let sent = data.clone();
        let writing = spawn(async move { input.write_all(&sent).await });
        let output = child.output(data.len()).await.unwrap();
        writing.await.unwrap().unwrap();
        assert!(output.stdout == data);
    });
}

#[test]
fn writing_to_a_child_that_does_not_read_is_an_error() {
    on_every_backend(async || {
        let mut command = shell("exec 0<&-; echo closed; exec sleep 1000");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.take_stdin().unwrap(), child.take_stdout().unwrap());
        assert_eq!(line(&output).await, "closed");
        let error = input.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_writer_waits_for_a_child_that_reads_slowly() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("read line <&3; exec cat > /dev/null");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let input = child.take_stdin().unwrap();
        // More than fits into the pipe.
        let data = vec![0; 1 << 20];
        {
            let mut writing = pin!(input.write_all(&data));
            assert!(!is_ready(&mut writing).await);
            hold.write_all(b"\n").await.unwrap();
            writing.await.unwrap();
        }
        drop(input);
        assert!(child.ended().await.unwrap().success());
    });
}

#[test]
fn a_reader_that_gives_up_loses_nothing() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("read line <&3; echo late");
        let mut child = command.spawn().unwrap();
        let output = child.take_stdout().unwrap();
        assert!(!is_ready(output.read(&mut [0; 10])).await);
        hold.write_all(b"\n").await.unwrap();
        assert_eq!(line(&output).await, "late");
        drop(output);
        child.ended().await.unwrap();
    });
}

#[test]
fn an_output_read_with_no_room_is_not_an_end() {
    on_every_backend(async || {
        let (mut child, output) = started("exec sleep 1000").await;
        assert_eq!(output.read(&mut []).await.unwrap(), 0);
        child.kill().unwrap();
        child.exited().await.unwrap();
        // Its end has not been read.
        assert!(!is_ready(child.ended()).await);
        drop(output);
        timeout(LONG, child.ended()).await.unwrap().unwrap();
    });
}
