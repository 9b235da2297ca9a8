//! Programs that use their standard files from a reactor. The arguments name a program and a back end; the tests know
//! what it is to do.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::io::{self, Write};
    use std::pin::pin;
    use std::task::Poll;

    use crochet::Builder;
    use crochet::stdio::{StandardInput, StandardOutput, stderr, stdin, stdout};
    use crochet_tests::LONG;
    use crochet_tests::child::LEAVING;
    use crochet_tests::copy::copy;
    use crochet_tests::program::{case_and_settings, limit};

    pub(crate) fn main() {
        limit();
        let (program, settings) = case_and_settings();
        match program.as_str() {
            "copy" => copies(settings, copy_by_methods),
            "copy-by-traits" => copies(settings, copy::<StandardInput, StandardOutput>),
            "leave" => leaves_while_it_reads(&settings),
            "give-up" => gives_reading_up_and_goes_on(settings),
            _ => panic!("the program exists"),
        }
    }

    /// Copies its input to its output, to the end, and then says so on the third file.
    fn copies<C>(settings: Builder, copy: C)
    where
        C: AsyncFn(&mut StandardInput, &mut StandardOutput) -> io::Result<usize> + 'static,
    {
        let mut reactor = settings.build().expect("a reactor can be made");
        let copied = reactor.block_on(async move {
            let (mut input, mut output) = (stdin()?, stdout()?);
            let count = copy(&mut input, &mut output).await?;
            let report = format!("{count} bytes by {input:?}");
            stderr()?.write_all(report.as_bytes()).await
        });
        let copied: io::Result<()> = copied.expect("it runs");
        copied.expect("the files work");
    }

    async fn copy_by_methods(
        input: &mut StandardInput,
        output: &mut StandardOutput,
    ) -> io::Result<usize> {
        let mut buf = vec![0; 100_000];
        let mut count = 0;
        loop {
            match input.read(&mut buf).await? {
                0 => return Ok(count),
                length => {
                    output.write_all(&buf[..length]).await?;
                    count += length;
                }
            }
        }
    }

    /// Leaves `main` while an operation waits for input that does not come.
    fn leaves_while_it_reads(settings: &Builder) {
        crochet::setup_with(settings).expect("a reactor can be started");
        let opened =
            crochet::wait_for(LONG, || async { stdin().map(|input| format!("{input:?}")) });
        opened.expect("it ends").expect("there is one");
        let read = crochet::run_in_reactor(|| async {
            let mut input = stdin().expect("there is one");
            input.read(&mut [0; 10]).await.expect("it works")
        });
        // The operation has been polled when a later one has ended.
        crochet::wait_for(LONG, || async {}).expect("it ends");
        assert!(!read.is_ready(), "there is no input");
        let mut out = io::stdout().lock();
        writeln!(out, "{LEAVING}").expect("somebody reads");
        out.flush().expect("somebody reads");
    }

    /// Gives a read up, and finds all of the input in the next ones.
    fn gives_reading_up_and_goes_on(settings: Builder) {
        let mut reactor = settings.build().expect("a reactor can be made");
        let copied = reactor.block_on(async {
            let (mut input, mut output) = (stdin()?, stdout()?);
            let mut byte = [0];
            loop {
                let mut given_up = [0; 2];
                let polled = {
                    let mut read = pin!(input.read(&mut given_up));
                    poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await
                };
                if let Poll::Ready(length) = polled {
                    output.write_all(&given_up[..length?]).await?;
                }
                match input.read(&mut byte).await? {
                    0 => break,
                    _ => output.write_all(&byte).await?,
                }
            }
            Ok(())
        });
        let copied: io::Result<()> = copied.expect("it runs");
        copied.expect("the files work");
    }
}
