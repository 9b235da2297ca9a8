//! A reactor in the frames of a game.

use std::cell::Cell;
use std::net::{self, IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crochet::net::UdpSocket;
use crochet::{Budget, JoinHandle, Turn, sleep, yield_now};
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::operations::submit;
use crochet_tests::tidy::Tidy;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Sixty frames a second.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// The part of a frame that is the reactor's.
const SLICE: Duration = Duration::from_millis(2);

/// What the reactor may do between two looks at the frame's clock.
const BUDGET: Budget = Budget::new(16, 32);

/// A game, whose world is one number: how many steps it has made.
struct Game {
    reactor: Tidy,
    frames: u32,
    steps: Rc<Cell<u32>>,
    turns: Vec<Turn>,
}

impl Game {
    fn new(reactor: Tidy) -> Self {
        Self {
            reactor,
            frames: 0,
            steps: Rc::default(),
            turns: Vec::new(),
        }
    }

    /// Makes a step of the game, and lets the reactor do what fits into the frame. Returns how long the
    /// reactor took.
    fn frame(&mut self) -> Duration {
        self.frames += 1;
        self.steps.set(self.steps.get() + 1);
        let begun = Instant::now();
        loop {
            self.turns
                .push(self.reactor.turn(BUDGET).expect("it turns"));
            let is_idle = self.reactor.next_turn_in() != Some(Duration::ZERO);
            if is_idle || begun.elapsed() >= SLICE {
                return begun.elapsed();
            }
        }
    }

    /// Plays on, frame after frame, until `done`.
    fn play_until(&mut self, done: impl Fn() -> bool) {
        while !done() {
            self.frame();
            // Here it would wait for the screen.
            thread::yield_now();
        }
    }
}

#[test]
fn threads_timers_and_sockets_are_served_between_frames() {
    for_every_backend(|settings| {
        let mut game = Game::new(Tidy::with(settings));
        let remote = game.reactor.remote();
        let (tell, told) = mpsc::channel();
        let steps = Rc::clone(&game.steps);
        // A server in the game tells how far the game is.
        let server = game.reactor.spawn(async move {
            sleep(FRAME).await;
            let socket = UdpSocket::bind(LOOPBACK).unwrap();
            tell.send(socket.local_addr().unwrap()).unwrap();
            let (_, client) = socket.recv_from(&mut [0; 1]).await.unwrap();
            let answer = steps.get().to_be_bytes();
            socket.send_to(&answer, client).await.unwrap();
        });
        let client = thread::spawn(move || {
            let socket = net::UdpSocket::bind(LOOPBACK).unwrap();
            socket.set_read_timeout(Some(LONG)).unwrap();
            let server = told.recv().unwrap();
            socket.send_to(b"?", server).unwrap();
            let mut answer = [0; 4];
            socket.recv_from(&mut answer).unwrap();
            // Blocking calls are answered as well, each within a frame or two.
            for _ in 0..10 {
                submit(&remote, || ()).wait(LONG).unwrap();
            }
            u32::from_be_bytes(answer)
        });
        game.play_until(|| server.is_finished() && client.is_finished());
        let seen = client.join().unwrap();
        assert!((1..=game.frames).contains(&seen), "{seen}");
    });
}

#[test]
fn tasks_that_are_always_ready_leave_the_game_its_frames() {
    for_every_backend(|settings| {
        let mut game = Game::new(Tidy::with(settings));
        let remote = game.reactor.remote();
        let always_ready = || async {
            loop {
                yield_now().await;
            }
        };
        let _tasks: Vec<JoinHandle<()>> = (0..100)
            .map(|_| game.reactor.spawn(always_ready()).cancel_on_drop())
            .collect();
        let asked = thread::spawn(move || submit(&remote, || ()).wait(LONG));
        game.play_until(|| asked.is_finished());
        asked.join().unwrap().unwrap();
        for _ in 0..60 {
            let took = game.frame();
            assert!(took >= SLICE, "there is more to do: {took:?}");
        }
        assert!(game.turns.iter().all(|turn| turn.ran() == 32), "full turns");
        assert!(!game.turns.iter().any(Turn::slept));
    });
}

#[test]
fn a_game_that_does_not_wait_is_not_woken() {
    for_every_backend(|settings| {
        let mut game = Game::new(Tidy::with(settings));
        let remote = game.reactor.remote();
        for _ in 0..10 {
            game.frame();
            let submitting = remote.clone();
            let operation = thread::spawn(move || submit(&submitting, || ()))
                .join()
                .unwrap();
            assert_eq!(game.reactor.next_turn_in(), Some(Duration::ZERO));
            game.frame();
            assert!(operation.is_ended());
        }
        assert_eq!(remote.stats().unparks, 0);
    });
}

#[test]
fn the_next_turn_is_due_with_the_next_timer_and_never_without_one() {
    for_every_backend(|settings| {
        let mut game = Game::new(Tidy::with(settings));
        assert_eq!(game.reactor.next_turn_in(), None);
        let task = game.reactor.spawn(async { sleep(LONG).await });
        assert_eq!(game.reactor.next_turn_in(), Some(Duration::ZERO));
        game.frame();
        let left = game.reactor.next_turn_in().expect("a timer is set");
        assert!(Duration::ZERO < left && left <= LONG, "{left:?}");
        task.cancel();
        assert_eq!(game.reactor.next_turn_in(), Some(Duration::ZERO));
        game.frame();
        assert_eq!(game.reactor.next_turn_in(), None);
        game.reactor.remote().stop();
        assert_eq!(game.reactor.next_turn_in(), Some(Duration::ZERO));
        game.reactor.turn(BUDGET).unwrap();
        assert_eq!(game.reactor.next_turn_in(), None);
    });
}
