//! Methods of traits and of their implementations that return `impl Trait`.

#![deny(warnings)]

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crochet::{EventualResult, WaitError, run_in_reactor, wait_for};

trait Store: Sync {
    fn names(&self) -> Vec<String>;

    // What a method of a trait hides is `Send` only if it says so.
    #[wait_for(timeout = 5.0)]
    fn all(&self) -> impl Iterator<Item = String> + Send {
        self.names().into_iter()
    }

    #[wait_for(timeout = 5.0)]
    async fn first(&self) -> io::Result<impl Display + Send> {
        self.names()
            .pop()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn lengths(&self) -> Result<impl Iterator<Item = usize> + Send, WaitError>;

    fn last(&self, other: &str) -> io::Result<impl Display + Send>;

    fn start(self: Arc<Self>) -> EventualResult<impl Display + Send, io::Error>;
}

struct Memory {
    names: Vec<String>,
}

impl Store for Memory {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    #[wait_for(timeout = 5.0, nested)]
    fn lengths(&self) -> impl Iterator<Item = usize> + Send {
        self.names.iter().map(|name| name.len())
    }

    #[wait_for(timeout = 5.0, nested)]
    async fn last(&self, other: &str) -> io::Result<impl Display + Send> {
        if other.is_empty() {
            Err(io::ErrorKind::InvalidInput)?;
        }
        let last = self.names.last().ok_or(io::ErrorKind::NotFound)?;
        Ok(format!("{last} {other}"))
    }

    #[run_in_reactor(nested)]
    async fn start(self: Arc<Self>) -> io::Result<impl Display + Send> {
        Ok(self.names.len())
    }
}

fn main() {
    crochet::setup().expect("setup");

    let memory = Memory {
        names: vec!["one".to_owned(), "three".to_owned()],
    };
    assert!(memory.all().expect("success").eq(["one", "three"]));
    assert!(memory.all_wrapped().eq(["one", "three"]));
    assert_eq!(memory.first().expect("success").to_string(), "three");
    assert!(memory.lengths().expect("success").eq([3, 5]));
    assert_eq!(memory.last("x").expect("success").to_string(), "three x");
    assert!(memory.last("").is_err());
    let ended = Arc::new(memory).start().take(Duration::from_secs(5));
    let value = ended.ok().expect("ended").expect("success");
    assert_eq!(value.to_string(), "2");
}
