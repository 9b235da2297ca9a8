//! Busy peers and the rest of the loop.

use std::cell::Cell;
use std::io::Write;
use std::net;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crochet::net::{TcpListener, UdpSocket};
use crochet::{sleep, spawn};
use crochet_tests::backends::on_every_backend;

use crate::io::{LOOPBACK, read};

#[test]
fn a_peer_that_floods_a_stream_does_not_starve_timers_and_tasks() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let flood = thread::spawn(move || {
            let mut stream = net::TcpStream::connect(addr).unwrap();
            let chunk = [0; 64 * 1024];
            // Until the connection is closed.
            while stream.write_all(&chunk).is_ok() {}
        });
        let (stream, _) = listener.accept().await.unwrap();
        let count = Rc::new(Cell::new(0_u64));
        let theirs = Rc::clone(&count);
        // It reads a byte at a time, so that there is always more to read.
        let reader = spawn(async move {
            while read(&stream, &mut [0; 1]).await.unwrap() > 0 {
                theirs.set(theirs.get() + 1);
            }
        });
        for _ in 0..50 {
            sleep(Duration::from_micros(100)).await;
            spawn(async {}).await.unwrap();
        }
        assert!(count.get() > 0, "the reader had its turns as well");
        assert!(!reader.is_finished());
        reader.cancel();
        assert!(reader.await.is_err());
        flood.join().unwrap();
    });
}

#[test]
fn a_task_that_sends_without_end_does_not_starve_timers_and_tasks() {
    on_every_backend(|| async {
        let (one, other) = (
            UdpSocket::bind(LOOPBACK).unwrap(),
            UdpSocket::bind(LOOPBACK).unwrap(),
        );
        let addr = other.local_addr().unwrap();
        let count = Rc::new(Cell::new(0_u32));
        let theirs = Rc::clone(&count);
        // Sending on this machine never has to wait: what does not fit is dropped by the system.
        let sender = spawn(async move {
            loop {
                one.send_to(b"x", addr).await.unwrap();
                theirs.set(theirs.get() + 1);
            }
        });
        let mut most = 0;
        for _ in 0..50 {
            let before = count.get();
            sleep(Duration::from_micros(10)).await;
            most = most.max(count.get() - before);
        }
        // What it may do in a turn, and what it does in ten microseconds, is far less.
        assert!(
            (1..2000).contains(&most),
            "{most} datagrams between two timers"
        );
        let mut buf = [0; 1];
        other.recv_from(&mut buf).await.unwrap();
        sender.cancel();
        assert!(matches!(sender.await, Err(crochet::JoinError::Cancelled)));
    });
}

#[cfg(unix)]
#[test]
fn a_task_that_sends_without_end_is_not_polled_once_for_a_few_of_many_sources() {
    use crochet::net::unix::UnixStream;
    use crochet_tests::program::allow_most_files;

    // Far more than one wait takes events of.
    const SOURCES: usize = 500;

    let files = allow_most_files();
    if files < 2 * SOURCES + 100 {
        println!("skipped: the limit of open files, {files}, allows too few sources");
        return;
    }
    on_every_backend(|| async {
        let sender = UdpSocket::bind(LOOPBACK).unwrap();
        let addr = sender.local_addr().unwrap();
        let sent = Rc::new(Cell::new(0_u32));
        let mut readers = Vec::new();
        let mut peers = Vec::new();
        for _ in 0..SOURCES {
            let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
            let near = UnixStream::from_std(near).unwrap();
            let sent = Rc::clone(&sent);
            readers.push(spawn(async move {
                near.read_exact(&mut [0; 1]).await.unwrap();
                sent.get()
            }));
            peers.push(far);
        }
        // Until all of them wait.
        sleep(Duration::from_millis(1)).await;
        let theirs = Rc::clone(&sent);
        let sending = spawn(async move {
            loop {
                sender.send_to(b"x", addr).await.unwrap();
                theirs.set(theirs.get() + 1);
            }
        });
        for peer in &mut peers {
            peer.write_all(b"x").unwrap();
        }
        let mut most = 0;
        for reader in readers {
            most = most.max(reader.await.unwrap());
        }
        sending.cancel();
        assert!(sending.await.is_err());
        // It sends 128 in a turn; a turn for each few sources would be more than a thousand.
        assert!(most < 1000, "{most} datagrams before the last was read");
    });
}
