//! Parameters, values, rows and errors.

use crochet::testing::with_reactor;
use crochet::{remote, wait_for};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::database::{DbError, connect, execute, number, with_server};

/// A row of every kind of value that these tests send.
type Values = (i32, Option<String>, Option<i64>, f64, bool, Option<Vec<u8>>);

#[wait_for(timeout = 60)]
async fn send_and_return(client: &Client, values: &Values) -> Result<Values, DbError> {
    let (number, text, large, fraction, truth, bytes) = values;
    let query = "select $1::int4, $2::text, $3::int8, $4::float8, $5::bool, $6::bytea";
    let row = client
        .query_one(query, &[number, text, large, fraction, truth, bytes])
        .await?;
    Ok((
        row.get(0),
        row.get(1),
        row.get(2),
        row.get(3),
        row.get(4),
        row.get(5),
    ))
}

#[test]
fn parameters_come_back_as_they_were_sent_and_nulls_as_nothing() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let text = String::from("it's \"quoted\"; drop table snakes -- ÄÖÜ");
        let full = (
            -7,
            Some(text),
            Some(i64::MAX),
            0.1,
            true,
            Some(vec![0, 255]),
        );
        assert_eq!(send_and_return(&client, &full).unwrap(), full);
        let empty = (0, Some(String::new()), None, f64::MIN, false, Some(vec![]));
        assert_eq!(send_and_return(&client, &empty).unwrap(), empty);
        let nulls = (0, None, None, 0.0, false, None);
        assert_eq!(send_and_return(&client, &nulls).unwrap(), nulls);
    });
}

#[test]
fn a_row_that_fits_no_buffer_is_sent_and_returned_whole() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let bytes: Vec<u8> = (0..4_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let values = (1, None, None, 0.0, false, Some(bytes));
        let returned = send_and_return(&client, &values).unwrap();
        assert!(returned == values, "16 million bytes have changed");
    });
}

#[wait_for(timeout = 60)]
async fn sum_of_rows(client: &Client, rows: i64) -> Result<(usize, i64), DbError> {
    let query = "select n, repeat('x', 100) from generate_series(1, $1::int8) n";
    let rows = client.query(query, &[&rows]).await?;
    assert!(rows.iter().all(|row| row.get::<_, &str>(1).len() == 100));
    Ok((
        rows.len(),
        rows.iter().map(|row| row.get::<_, i64>(0)).sum(),
    ))
}

#[test]
fn many_rows_all_come() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let (count, sum) = sum_of_rows(&client, 100_000).unwrap();
        assert_eq!((count, sum), (100_000, 5_000_050_000));
    });
}

#[test]
fn an_error_of_the_server_has_its_code_and_the_connection_goes_on() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let failed = number(&client, "select 1 / 0::int8").unwrap_err();
        assert_eq!(failed.state(), Some(&SqlState::DIVISION_BY_ZERO));
        let failed = execute(&client, "selekt").unwrap_err();
        assert_eq!(failed.state(), Some(&SqlState::SYNTAX_ERROR));
        assert_eq!(number(&client, "select 2::int8").unwrap(), 2);
    });
}

#[test]
fn threads_share_a_client_and_each_gets_its_own_answers() {
    with_server(|server| {
        let client = connect(&server.socket()).expect("it listens");
        let remote = remote().expect("the thread has a reactor");
        std::thread::scope(|scope| {
            for thread in 0..8_i64 {
                let (client, remote) = (&client, &remote);
                let ask = move || {
                    for query in 0..50 {
                        let expected = thread * 1000 + query;
                        let answer = number(client, &format!("select {expected}::int8"));
                        assert_eq!(answer.unwrap(), expected);
                    }
                };
                scope.spawn(move || with_reactor(remote, ask));
            }
        });
    });
}
