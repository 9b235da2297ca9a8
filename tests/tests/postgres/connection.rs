//! The library's connection as a task of a reactor.

use crochet::{spawn, timeout, wait_for};
use crochet_tests::LONG;
use tokio_postgres::error::SqlState;

use crate::database::{connect, execute, number, open, with_server};

#[test]
fn a_connection_ends_with_its_client() {
    with_server(|server| {
        let socket = server.socket();
        let case = || async move {
            let (client, connection) = open(&socket).await.expect("it listens");
            let connection = spawn(connection);
            let answer = client.query_one("select 'hello'", &[]).await;
            assert_eq!(answer.unwrap().get::<_, &str>(0), "hello");
            drop(client);
            let ended = timeout(LONG, connection).await.expect("it ends");
            ended.expect("no panic").expect("an orderly end");
        };
        wait_for(LONG, case).expect("the case ends");
    });
}

#[test]
fn a_client_whose_connection_the_server_ends_says_so() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let ended = execute(&client, "select pg_terminate_backend(pg_backend_pid())").unwrap_err();
        assert_eq!(ended.state(), Some(&SqlState::ADMIN_SHUTDOWN));
        let refused = number(&client, "select 1::int8").unwrap_err();
        assert!(client.is_closed(), "{refused:?}");
    });
}
