//! Nothing outlives its reactor, on every back end. The only test of its program: it counts what the whole process has.
#![cfg(target_os = "linux")]

use crochet::net::{TcpListener, TcpStream};
use crochet::{sleep, spawn};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::threads;
use crochet_tests::tidy::Tidy;

#[test]
fn no_thread_and_no_file_outlives_its_reactor() {
    for_every_backend(|settings| {
        let (threads, files) = (threads::names().len(), threads::open_files());
        for _ in 0..20 {
            let mut reactor = Tidy::with(settings.clone());
            let handles = reactor.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let stream = TcpStream::connect(listener.local_addr().unwrap())
                    .await
                    .unwrap();
                let (accepted, _) = listener.accept().await.unwrap();
                // Tasks that never end hold the sockets, and timers that never fire hold the tasks.
                let one = spawn(async move {
                    let _sockets = (listener, stream);
                    std::future::pending::<()>().await;
                });
                let other = spawn(async move {
                    let _socket = accepted;
                    sleep(std::time::Duration::MAX).await;
                });
                sleep(std::time::Duration::ZERO).await;
                (one, other)
            });
            let remote = reactor.remote();
            drop(reactor);
            // Handles on what is over keep nothing open.
            assert!(remote.is_stopped());
            drop(remote);
            drop(handles);
            assert_eq!(threads::open_files(), files);
        }
        let hosts: Vec<_> = (0..20).map(|_| Host::with(settings.clone())).collect();
        assert!(threads::open_files() >= files + hosts.len());
        assert_eq!(threads::names().len(), threads + hosts.len());
        drop(hosts);
        assert_eq!(threads::open_files(), files);
        threads::assert_count(threads);
    });
}
