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
    use std::fmt::Display;
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    use crochet::net::TcpListener;
    use crochet::{Backend, Builder, Reactor};
    use crochet_tests::host::Host;
    use crochet_tests::program::{limit, proceed};
    use crochet_tests::threads::Thread;
    use crochet_tests::{LONG, forked, logs};

    pub(crate) fn main() {
        limit();
        let mut arguments = env::args().skip(1);
        let program = arguments.next().expect("an argument names the program");
        let name = arguments.next().expect("an argument names the back end");
        let backend = Backend::ALL.iter().copied();
        let mut backend = backend.filter(|backend| format!("{backend:?}") == name);
        let backend = backend.next().expect("the back end is compiled in");
        let settings = Reactor::builder().backend(backend);
        match program.as_str() {
            "out-of-files" => runs_out_of_files(settings),
            "answer" => answers_a_connection(settings),
            "fork" => forks_a_child_that_drops_its_reactor(settings),
            _ => panic!("the program exists"),
        }
    }

    /// Prints a line at once.
    fn say(line: impl Display) {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}").expect("somebody reads");
        out.flush().expect("somebody reads");
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

    /// Keeps each message that is logged, also where there are no files to write to.
    fn runs_out_of_files(settings: Builder) {
        logs::capture();
        let few = libc::rlimit {
            rlim_cur: 64,
            rlim_max: 64,
        };
        // SAFETY: the limit is read only.
        let refused = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const few) };
        assert_eq!(refused, 0, "a limit can be lowered");
        let host = Host::with(settings);
        let addr = serve(&host);
        let begun = Instant::now();
        let mut hoard = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
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
}
