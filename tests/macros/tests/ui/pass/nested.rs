//! The option `nested`: methods of a trait's implementation, and the bodies' control flow.

#![deny(warnings)]

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crochet::{EventualResult, WaitError, run_in_reactor, wait_for};

trait Store {
    fn load(&self, key: &str) -> Result<u8, WaitError>;
    fn save(&mut self, entry: (&str, u8)) -> io::Result<()>;
    fn name() -> Result<String, WaitError>;
    fn describe(&self) -> Result<Box<dyn Debug + Send>, WaitError>;
    fn start(self: Arc<Self>, x: u8) -> EventualResult<u8, String>;
}

#[derive(Default)]
struct Memory {
    entries: Vec<(String, u8)>,
}

impl Store for Memory {
    #[wait_for(timeout = 5.0, nested)]
    async fn load(&self, key: &str) -> u8 {
        for (name, value) in &self.entries {
            if name == key {
                return *value;
            }
        }
        std::future::ready(0).await
    }

    #[wait_for(timeout = 5.0, nested)]
    async fn save(&mut self, (key, mut value): (&str, u8)) -> io::Result<()> {
        value = value.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        self.entries.push((key.to_owned(), value));
        Ok(())
    }

    #[wait_for(timeout = 5.0, nested)]
    fn name() -> String {
        String::from("memory")
    }

    // The output is coerced to the type that is written.
    #[wait_for(timeout = 5.0, nested)]
    async fn describe(&self) -> Box<dyn Debug + Send> {
        Box::new(self.entries.len())
    }

    #[run_in_reactor(nested)]
    async fn start(self: Arc<Self>, x: u8) -> Result<u8, String> {
        if x == 0 {
            Err("zero")?;
        }
        return Ok(x);
    }
}

#[wait_for(timeout = 5.0, nested)]
fn plain(mut x: u8, _: u8) -> Result<u8, WaitError> {
    if x == 0 {
        return Ok(0);
    }
    x += 1;
    Ok(x)
}

#[wait_for(timeout = 5.0, nested)]
fn plain_without_output(list: &mut Vec<u8>) {
    if list.is_empty() {
        return;
    }
    list.clear();
}

impl Memory {
    #[wait_for(timeout = 5.0, nested)]
    fn consume(mut self) -> usize {
        self.entries.push((String::new(), 1));
        self.entries.len()
    }

    // Nothing mentions `Self`, and no option is needed.
    #[wait_for(timeout = 5.0, nested)]
    async fn associated() -> u8 {
        1
    }
}

// A second function of this name is no conflict: `nested` makes none.
fn plain_wrapped() {}

fn main() {
    crochet::setup().expect("setup");

    let mut memory = Memory::default();
    assert_eq!(memory.load("a").expect("success"), 0);
    memory.save(("a", 1)).expect("success");
    assert_eq!(
        memory.save(("a", 255)).expect_err("overflow").kind(),
        io::ErrorKind::InvalidInput
    );
    assert_eq!(memory.load("a").expect("success"), 2);
    assert_eq!(Memory::name().expect("success"), "memory".to_owned());
    assert_eq!(format!("{:?}", memory.describe().expect("success")), "1");
    assert_eq!(memory.consume().expect("success"), 2);
    assert_eq!(Memory::associated().expect("success"), 1);
    let eventual = Arc::new(Memory::default()).start(1);
    assert_eq!(eventual.wait(Duration::from_secs(5)).expect("success"), 1);

    assert_eq!(plain(0, 1).expect("success"), 0);
    assert_eq!(plain(1, 1).expect("success"), 2);
    let mut list = vec![1];
    plain_without_output(&mut list).expect("success");
    assert!(list.is_empty());
    plain_wrapped();
}
