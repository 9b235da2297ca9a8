//! Queries that are given up, here and by the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crochet::{EventualError, EventualResult, WaitError, run_in_reactor, wait_for};
use crochet_tests::{LONG, SHORT};
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client};

use crate::database::{self, CancelOnServer, DbError, connect, number, with_server};

/// Sleeps on the server, which is told when nobody waits any more.
async fn sleep_on_server(client: &Client, socket: &Path) -> Result<(), DbError> {
    let running = CancelOnServer::new(client, socket);
    let slept = client.execute("select pg_sleep(3600)", &[]).await;
    running.disarm();
    slept?;
    Ok(())
}

#[wait_for(timeout = 2)]
async fn doze(client: &Client, socket: &Path) -> Result<(), DbError> {
    sleep_on_server(client, socket).await
}

#[run_in_reactor]
async fn doze_on(client: Arc<Client>, socket: PathBuf) -> Result<(), DbError> {
    sleep_on_server(&client, &socket).await
}

#[wait_for(timeout = 60)]
async fn cancel(token: &CancelToken, socket: &Path) -> Result<(), DbError> {
    database::cancel(token, socket).await
}

/// Returns the process that serves this client.
fn backend(client: &Client) -> i64 {
    number(client, "select pg_backend_pid()::int8").expect("an answer")
}

/// Returns when a server's process sleeps as it was asked to, or no longer does.
fn wait_until_asleep(watcher: &Client, backend: i64, asleep: i64) {
    let query = format!(
        "select count(*) from pg_stat_activity where pid = {backend} and wait_event = 'PgSleep'"
    );
    while number(watcher, &query).expect("an answer") != asleep {
        thread::yield_now();
    }
}

#[test]
fn a_query_that_times_out_is_given_up_by_the_server_too() {
    with_server(|server| {
        let socket = server.socket();
        let client = connect(&socket).expect("it listens");
        let given_up = doze(&client, &socket).unwrap_err();
        assert!(
            matches!(given_up, DbError::Wait(WaitError::Timeout)),
            "{given_up:?}"
        );
        // The connection answers one query after another: it would be busy for an hour.
        assert_eq!(number(&client, "select 1::int8").unwrap(), 1);
    });
}

#[test]
fn a_wait_that_times_out_leaves_the_query_alone_until_it_is_cancelled() {
    with_server(|server| {
        let socket = server.socket();
        let watcher = connect(&socket).expect("it listens");
        let client = Arc::new(connect(&socket).expect("it listens"));
        let pid = backend(&client);
        let dozing: EventualResult<(), DbError> = doze_on(Arc::clone(&client), socket.clone());
        wait_until_asleep(&watcher, pid, 1);
        let waited = dozing.wait(SHORT);
        assert!(matches!(waited, Err(EventualError::Timeout)), "{waited:?}");
        wait_until_asleep(&watcher, pid, 1);
        dozing.cancel();
        assert!(matches!(dozing.wait(LONG), Err(EventualError::Cancelled)));
        wait_until_asleep(&watcher, pid, 0);
        assert_eq!(number(&client, "select 2::int8").unwrap(), 2);
    });
}

#[test]
fn a_query_that_another_thread_cancels_fails_with_the_servers_word() {
    with_server(|server| {
        let socket = server.socket();
        let watcher = connect(&socket).expect("it listens");
        let client = Arc::new(connect(&socket).expect("it listens"));
        let pid = backend(&client);
        let token = client.cancel_token();
        let dozing = doze_on(Arc::clone(&client), socket.clone());
        wait_until_asleep(&watcher, pid, 1);
        cancel(&token, &socket).expect("the server listens");
        let Err(EventualError::Failed(failed)) = dozing.wait(LONG) else {
            panic!("it was cancelled");
        };
        assert_eq!(failed.state(), Some(&SqlState::QUERY_CANCELED));
        assert_eq!(number(&client, "select 3::int8").unwrap(), 3);
    });
}
