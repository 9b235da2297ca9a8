//! Servers that run out of files, or are traced, or fork. The arguments name a program and a back end; the tests know
//! what it is to print.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::os::fd::AsFd;
    use std::thread;
    use std::time::{Duration, Instant};

    use crochet::Builder;
    use crochet::net::unix::{UnixDatagram, UnixListener, UnixStream};
    use crochet::net::{self, TcpListener};
    use crochet::pipe::{PipeReader, PipeWriter};
    use crochet::process::Command;
    use crochet_tests::child::say;
    use crochet_tests::copy::copy;
    use crochet_tests::folder::Folder;
    use crochet_tests::host::Host;
    use crochet_tests::program::{allow_few_files, case_and_settings, limit, proceed};
    use crochet_tests::threads::Thread;
    use crochet_tests::{LONG, forked, logs};

    pub(crate) fn main() {
        limit();
        let (program, settings) = case_and_settings();
        match program.as_str() {
            "out-of-files" => runs_out_of_files(settings),
            "answer" => answers_a_connection(settings),
            "persist" => answers_who_persists(settings),
            "logger" => has_a_logger_that_panics(settings),
            "halves" => forks_a_child_that_drops_halves(settings),
            "fork" => forks_a_child_that_drops_its_reactor(settings),
            "connect" => connects(settings),
            "pass" => passes_files(settings),
            "fifo" => copies_through_a_fifo(settings),
            "child" => waits_for_a_child(settings),
            _ => panic!("the program exists"),
        }
    }

    /// Starts a server that sends back what it gets, a byte at a time.
    fn serve(host: &Host) -> SocketAddr {
        let bound = host.remote().submit(|| async {
            let listener = TcpListener::bind("127.0.0.1:0".parse().expect("an address"));
            let listener = listener.expect("a free port");
            let addr = listener.local_addr().expect("it has one");
            drop(crochet::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.expect("no error gets here");
                    let mut byte = [0];
                    while let Ok(1) = stream.read(&mut byte).await {
                        stream.write_all(&byte).await.expect("the other end reads");
                    }
                }
            }));
            addr
        });
        let bound = bound.expect("there is no limit");
        bound.wait(LONG).expect("it ends");
        bound.take().expect("it has ended").expect("a value")
    }

    /// Opens as many files as the process may have.
    fn hoard_files() -> Vec<File> {
        let mut hoard = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
        hoard
    }

    /// Keeps each message that is logged, also where there are no files to write to.
    fn runs_out_of_files(settings: Builder) {
        logs::capture();
        allow_few_files();
        let host = Host::with(settings);
        let addr = serve(&host);
        let begun = Instant::now();
        let hoard = hoard_files();
        say(addr.port());
        proceed();
        drop(hoard);
        say("there are files again");
        proceed();
        let records = logs::containing("connections cannot be taken").len();
        let seconds = usize::try_from(begun.elapsed().as_secs()).expect("a short time");
        assert!((1..=seconds + 1).contains(&records), "{records} records");
        say("at most one record in a second");
    }

    fn answers_a_connection(settings: Builder) {
        let host = Host::with(settings);
        let mut stream = TcpStream::connect(serve(&host)).expect("somebody listens");
        stream.write_all(b"x").expect("the connection is there");
        let mut byte = [0];
        match stream.read_exact(&mut byte) {
            Ok(()) => say("answered"),
            Err(_closed) => say("closed"),
        }
        // A server that does not sleep would go on in each of these turns.
        let turns = host.remote().submit(|| async {
            for _ in 0..100 {
                crochet::sleep(Duration::ZERO).await;
            }
        });
        let turns = turns.expect("there is no limit");
        turns.wait(LONG).expect("it ends");
    }

    /// Sends bytes one after the other until one is answered; says what is logged meanwhile.
    fn answers_who_persists(settings: Builder) {
        logs::capture();
        let host = Host::with(settings);
        let mut stream = TcpStream::connect(serve(&host)).expect("somebody listens");
        stream
            .set_read_timeout(Some(LONG / 600))
            .expect("there is such a setting");
        let late = |error: &std::io::Error| {
            use std::io::ErrorKind::{TimedOut, WouldBlock};
            matches!(error.kind(), TimedOut | WouldBlock)
        };
        loop {
            let sent = stream.write_all(b"x");
            match sent.and_then(|()| stream.read_exact(&mut [0])) {
                Ok(()) => break say("answered"),
                // The faults are this thread's as well.
                Err(error) if late(&error) => {}
                Err(_closed) => break say("closed"),
            }
        }
        let records = logs::containing("connections cannot be taken").len();
        say(format_args!("{records} records"));
    }

    /// A logger that panics with every record of the loop's thread.
    struct Panicking;

    impl log::Log for Panicking {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            assert!(!crochet::is_reactor_thread(), "{}", record.args());
        }

        fn flush(&self) {}
    }

    fn has_a_logger_that_panics(settings: Builder) {
        log::set_logger(&Panicking).expect("there is no other logger");
        log::set_max_level(log::LevelFilter::Trace);
        std::panic::set_hook(Box::new(|_| {}));
        allow_few_files();
        let host = Host::with(settings);
        let addr = serve(&host);
        let hoard = hoard_files();
        say(addr.port());
        proceed();
        drop(hoard);
        say("there are files again");
        proceed();
    }

    /// What a child drops of a connection stays open in its parent.
    fn forks_a_child_that_drops_halves(settings: Builder) {
        let mut reactor = settings.build().expect("a reactor can be made");
        let answered = reactor.block_on(async {
            let local = "127.0.0.1:0".parse().expect("an address");
            let listener = TcpListener::bind(local).expect("a free port");
            let addr = listener.local_addr().expect("it has one");
            let near = crochet::net::TcpStream::connect(addr).await;
            let (far, _) = listener.accept().await.expect("there is one");
            let mut halves = Some(near.expect("somebody listens").into_split());
            forked::fork(|| drop(halves.take())).assert_ends_well();
            let (_reader, writer) = halves.expect("the parent's");
            let written = writer.stream().write_all(b"x").await;
            written.expect("the direction is open");
            let mut byte = [0];
            far.read_exact(&mut byte).await.expect("it has come");
            byte
        });
        assert_eq!(&answered.expect("it runs"), b"x");
        say("open");
    }

    fn forks_a_child_that_drops_its_reactor(settings: Builder) {
        let mut reactor = Some(settings.build().expect("a reactor can be made"));
        forked::fork(|| drop(reactor.take())).assert_ends_well();
        let mut reactor = reactor.expect("the child has dropped its own copy");
        let remote = reactor.remote();
        let this = Thread::current();
        let stopper = thread::spawn(move || {
            this.spin_until_asleep();
            remote.stop();
        });
        reactor.run().expect("it runs");
        stopper.join().expect("it has stopped the reactor");
        say("woken");
    }

    /// Runs a case on a reactor.
    fn run<F: Future<Output = io::Result<()>> + 'static>(settings: Builder, case: F) {
        let mut reactor = settings.build().expect("a reactor can be made");
        let ended = reactor.block_on(case).expect("the case ends");
        ended.expect("the system is not to blame");
    }

    /// Connects by TCP, and to a path.
    fn connects(settings: Builder) {
        run(settings, async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
            let near = net::TcpStream::connect(listener.local_addr()?).await?;
            let (far, _) = listener.accept().await?;
            near.write_all(b"x").await?;
            far.read_exact(&mut [0]).await?;
            say("by TCP");
            let folder = Folder::new();
            let listener = UnixListener::bind(folder.path("s"))?;
            let near = UnixStream::connect(folder.path("s")).await?;
            let far = listener.accept().await?;
            near.write_all(b"x").await?;
            far.read_exact(&mut [0]).await?;
            say("by a path");
            Ok(())
        });
    }

    /// Passes files with bytes of a stream and with a datagram.
    fn passes_files(settings: Builder) {
        run(settings, async {
            let file = File::open("/dev/null")?;
            let fds = [file.as_fd(), file.as_fd()];
            let (near, far) = UnixStream::pair()?;
            near.send_with_fds(b"x", &fds).await?;
            let (_, came) = far.recv_with_fds(&mut [0], 2).await?;
            say(format_args!("{} files", came.len()));
            let (near, far) = UnixDatagram::pair()?;
            near.send_with_fds(b"", &fds).await?;
            let (_, came) = far.recv_with_fds(&mut [0], 2).await?;
            say(format_args!("{} files", came.len()));
            Ok(())
        });
    }

    /// Copies more than a pipe holds through the one that the third argument names.
    fn copies_through_a_fifo(settings: Builder) {
        let path = env::args().nth(3).expect("a third argument");
        run(settings, async move {
            let (mut reader, mut writer) = (PipeReader::open(&path)?, PipeWriter::open(&path)?);
            let sent: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
            let theirs = sent.clone();
            let copying = crochet::spawn(async move { copy(&mut &*theirs, &mut writer).await });
            let mut received = Vec::new();
            copy(&mut reader, &mut received).await?;
            let count = copying.await.map_err(io::Error::other)??;
            assert!(received == sent, "{} bytes came", received.len());
            say(format_args!("{count} bytes"));
            Ok(())
        });
    }

    fn waits_for_a_child(settings: Builder) {
        run(settings, async {
            let mut command = Command::new("sh");
            let status = command.args(["-c", "exit 3"]).spawn()?.exited().await;
            say(status.map_err(io::Error::other)?);
            Ok(())
        });
    }
}
