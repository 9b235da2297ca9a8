//! What children write and read.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSliceMut};
use std::pin::{Pin, pin};

use crochet::pipe::pipe;
use crochet::process::{ChildOutput, Command, OutputError, Stdio};
use crochet::{spawn, timeout};
use crochet_tests::copy::copy;
use crochet_tests::{LONG, SHORT, children};
use futures_io::AsyncRead;

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
fn the_traits_copy_into_a_child_and_out_of_it() {
    on_every_backend(async || {
        let mut child = Command::new("cat");
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut input = child.take_stdin().unwrap();
        let mut output = child.take_stdout().unwrap();
        let (mut reader, mut writer) = pipe().unwrap();
        // More than all the pipes hold, so that each of them is waited for.
        let data: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        let sent = data.clone();
        let first = spawn(async move { copy(&mut &*sent, &mut writer).await });
        let second = spawn(async move { copy(&mut reader, &mut input).await });
        let mut back = Vec::new();
        let count = copy(&mut output, &mut back).await.unwrap();
        assert_eq!(count, data.len());
        assert!(back == data);
        for copied in [first, second] {
            assert_eq!(copied.await.unwrap().unwrap(), count);
        }
        // The end that was read by the trait counts, though this side is still open.
        assert!(child.ended().await.unwrap().success());
        drop(output);
    });
}

#[test]
fn the_traits_read_into_several_buffers_and_without_room_see_no_end() {
    on_every_backend(async || {
        let mut child = shell("printf 'one, two'").spawn().unwrap();
        drop(child.take_stderr());
        let mut output = child.take_stdout().unwrap();
        child.exited().await.unwrap();
        let (mut first, mut second) = ([0; 3], [0; 9]);
        let length = read_vectored(&mut output, &mut [&mut first, &mut second]).await;
        assert_eq!(length.unwrap(), 8);
        assert_eq!((&first, &second[..5]), (b"one", &b", two"[..]));

        let nothing = poll_fn(|cx| Pin::new(&mut output).poll_read(cx, &mut []));
        assert_eq!(nothing.await.unwrap(), 0);
        let nothing = read_vectored(&mut output, &mut [&mut [], &mut []]).await;
        assert_eq!(nothing.unwrap(), 0);
        assert!(!is_ready(child.ended()).await);
        let end = read_vectored(&mut output, &mut [&mut [], &mut first]).await;
        assert_eq!(end.unwrap(), 0);
        assert!(child.ended().await.unwrap().success());
    });
}

async fn read_vectored(output: &mut ChildOutput, parts: &mut [&mut [u8]]) -> io::Result<usize> {
    let parts = parts.iter_mut().map(|part| IoSliceMut::new(part));
    let mut parts: Vec<_> = parts.collect();
    poll_fn(|cx| Pin::new(&mut *output).poll_read_vectored(cx, &mut parts)).await
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
