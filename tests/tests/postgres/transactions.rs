//! Transactions, and what becomes of those that are not committed.

use std::path::Path;
use std::time::Duration;

use crochet::{WaitError, wait_for};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::database::{CancelOnServer, DbError, connect, execute, number, with_server};

/// Two accounts of 50 each, none of which may be overdrawn.
fn accounts(client: &Client) {
    let table = "create temporary table accounts (name text, amount int8 check (amount >= 0));
        insert into accounts values ('here', 50), ('there', 50)";
    execute(client, table).expect("a table is made");
}

fn amount(client: &Client, name: &str) -> i64 {
    let query = format!("select amount from accounts where name = '{name}'");
    number(client, &query).expect("it is there")
}

#[wait_for(timeout = 60)]
async fn transfer(client: &mut Client, amount: i64) -> Result<(), DbError> {
    let transaction = client.transaction().await?;
    let add = "update accounts set amount = amount + $1 where name = $2";
    transaction.execute(add, &[&amount, &"there"]).await?;
    transaction.execute(add, &[&-amount, &"here"]).await?;
    Ok(transaction.commit().await?)
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    with_server(|server| {
        let mut client = connect(&server.socket()).expect("it listens");
        accounts(&client);
        transfer(&mut client, 20).unwrap();
        assert_eq!(
            (amount(&client, "here"), amount(&client, "there")),
            (30, 70)
        );
        // The first half succeeds, the second does not.
        let failed = transfer(&mut client, 31).unwrap_err();
        assert_eq!(failed.state(), Some(&SqlState::CHECK_VIOLATION));
        assert_eq!(
            (amount(&client, "here"), amount(&client, "there")),
            (30, 70)
        );
        transfer(&mut client, 30).unwrap();
        assert_eq!(
            (amount(&client, "here"), amount(&client, "there")),
            (0, 100)
        );
    });
}

#[wait_for(timeout = Duration::from_secs(2))]
async fn give_and_linger(client: &mut Client, socket: &Path) -> Result<(), DbError> {
    let transaction = client.transaction().await?;
    let all = "update accounts set amount = amount + 1";
    transaction.execute(all, &[]).await?;
    let running = CancelOnServer::new(transaction.client(), socket);
    transaction.execute("select pg_sleep(3600)", &[]).await?;
    running.disarm();
    Ok(transaction.commit().await?)
}

#[test]
fn a_transaction_that_times_out_is_rolled_back() {
    with_server(|server| {
        let socket = server.socket();
        let mut client = connect(&socket).expect("it listens");
        accounts(&client);
        let given_up = give_and_linger(&mut client, &socket).unwrap_err();
        assert!(
            matches!(given_up, DbError::Wait(WaitError::Timeout)),
            "{given_up:?}"
        );
        assert_eq!(amount(&client, "here"), 50);
        transfer(&mut client, 50).unwrap();
        assert_eq!(
            (amount(&client, "here"), amount(&client, "there")),
            (0, 100)
        );
    });
}
