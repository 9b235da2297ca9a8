//! The two ends of many connections: `crowd server BACKEND COUNT` and `crowd client BACKEND COUNT ADDRESS...`. The test
//! tells them when to go on.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::Cell;
    use std::env;
    use std::io;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::rc::Rc;

    use crochet::net::{TcpListener, TcpStream};
    use crochet::sync::{Event, Semaphore};
    use crochet::{Remote, spawn};
    use crochet_tests::child::say;
    use crochet_tests::program::{allow_most_files, case_and_settings, limit, proceed};
    use crochet_tests::tidy::Tidy;
    use crochet_tests::{LONG, threads};

    /// How many addresses the server has. The more they are, the fewer ports the other end needs, which its connections
    /// keep for a minute: ports of one address can be used again with another.
    const ADDRESSES: u8 = 4;

    /// How many connections are being made at a time: fewer than may wait to be taken.
    const AT_A_TIME: usize = 256;

    pub(crate) fn main() {
        limit();
        allow_most_files();
        let (role, settings) = case_and_settings();
        let mut arguments = env::args().skip(3);
        let count = arguments.next().expect("a third argument");
        let count = count.parse().expect("a number");
        let addresses = arguments.map(|address| address.parse().expect("an address"));
        let addresses = addresses.collect();
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let ran = match role.as_str() {
            "server" => reactor.block_on(serve(remote, count)),
            "client" => reactor.block_on(visit(remote, count, addresses)),
            _ => panic!("there are two ends"),
        };
        ran.expect("all goes well");
    }

    /// Waits until the test lets the program go on, while the loop turns.
    async fn told() {
        crochet::defer_to_thread(proceed).await.expect("no panic");
    }

    /// What the reactor and the process have.
    #[derive(PartialEq, Eq, Debug)]
    struct Belongings {
        tasks: usize,
        timers: usize,
        sources: usize,
        files: usize,
    }

    impl Belongings {
        async fn now(remote: &Remote) -> Self {
            let remote = remote.clone();
            let look = move || remote.snapshot(LONG).expect("the loop answers");
            let there = crochet::defer_to_thread(look).await.expect("no panic");
            Self {
                tasks: there.tasks.len(),
                timers: there.timers,
                sources: there.sources,
                files: threads::open_files(),
            }
        }
    }

    /// How many have done something that all are to do.
    #[derive(Clone)]
    struct Tally {
        missing: Rc<Cell<usize>>,
        complete: Event,
    }

    impl Tally {
        fn of(count: usize) -> Self {
            Self {
                missing: Rc::new(Cell::new(count)),
                complete: Event::new(),
            }
        }

        fn one_more(&self) {
            let missing = self.missing.get() - 1;
            self.missing.set(missing);
            if missing == 0 {
                self.complete.set();
            }
        }

        async fn all(&self) {
            self.complete.wait().await;
        }
    }

    async fn serve(remote: Remote, count: usize) {
        // The first listener opens the reactor's reserve, which stays.
        drop(listen(1));
        let before = Belongings::now(&remote).await;
        let gone = Tally::of(count);
        let (mut addresses, mut doors) = (Vec::new(), Vec::new());
        for number in 1..=ADDRESSES {
            let listener = listen(number);
            addresses.push(listener.local_addr().expect("it has one").to_string());
            doors.push(spawn(take_in(listener, gone.clone())));
        }
        say(addresses.join(" "));
        told().await;
        let there = Belongings::now(&remote).await;
        assert_eq!(there.tasks - before.tasks, there.sources);
        say(format_args!("{} are here", there.sources - doors.len()));
        gone.all().await;
        for door in doors {
            door.cancel();
            // Only now is it gone: what other threads ask for takes turns with tasks that are to end.
            door.await.expect_err("it has no end of its own");
        }
        assert_eq!(Belongings::now(&remote).await, before);
        say("all are gone");
    }

    fn listen(number: u8) -> TcpListener {
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, number), 0));
        TcpListener::bind(address).expect("a free port")
    }

    async fn take_in(listener: TcpListener, gone: Tally) {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let gone = gone.clone();
            drop(spawn(async move {
                echo(stream).await.expect("the other end closes in order");
                gone.one_more();
            }));
        }
    }

    async fn echo(stream: TcpStream) -> io::Result<()> {
        let mut buf = [0; 8];
        loop {
            match stream.read(&mut buf).await? {
                0 => return Ok(()),
                length => stream.write_all(&buf[..length]).await?,
            }
        }
    }

    async fn visit(remote: Remote, count: usize, addresses: Vec<SocketAddr>) {
        let before = Belongings::now(&remote).await;
        let (connected, answered, gone) = (Tally::of(count), Tally::of(count), Tally::of(count));
        let (crowd, leave) = (Semaphore::new(AT_A_TIME), Event::new());
        for number in 0..count {
            let (connected, answered, gone) = (connected.clone(), answered.clone(), gone.clone());
            let (crowd, leave) = (crowd.clone(), leave.clone());
            let address = addresses[number % addresses.len()];
            drop(spawn(async move {
                let permit = crowd.acquire().await;
                let stream = TcpStream::connect(address).await.expect("it listens");
                drop(permit);
                connected.one_more();
                connected.all().await;
                ask(&stream, number).await.expect("it answers");
                answered.one_more();
                leave.wait().await;
                drop(stream);
                gone.one_more();
            }));
        }
        answered.all().await;
        say(format_args!("{count} were answered"));
        told().await;
        leave.set();
        gone.all().await;
        assert_eq!(Belongings::now(&remote).await, before);
        say("all have left");
    }

    /// Sends a message that no other connection sends, and waits for it to come back.
    async fn ask(stream: &TcpStream, number: usize) -> io::Result<()> {
        let message = number.to_le_bytes();
        stream.write_all(&message).await?;
        let mut answer = [0; size_of::<usize>()];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, message);
        Ok(())
    }
}
