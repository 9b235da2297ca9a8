//! The program's objects: named values that the program and whoever logs in share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest text that can be set from outside, in bytes.
pub const LONGEST_TEXT: usize = 4096;

/// One of the program's objects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Something that is so or not.
    Flag(bool),
}

/// A handle on the program's objects; its clones are handles on the same.
///
/// The program chooses the names and the kind of each. Both stay; the values may be read and set
/// from any thread.
#[derive(Clone, Debug)]
pub struct Objects {
    values: Arc<Mutex<BTreeMap<&'static str, Value>>>,
}

/// Says why an object could not be read or set.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ObjectError {
    /// There is none of this name.
    Unknown(String),
    /// The object is of this kind, and the value is of another.
    Kind(&'static str),
    /// The text is longer than [`LONGEST_TEXT`].
    TooLong,
}

impl Objects {
    /// Makes objects of these names and values.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self {
            values: Arc::new(Mutex::new(values.into_iter().collect())),
        }
    }

    /// Returns the value of the object `name`.
    ///
    /// # Errors
    ///
    /// [`ObjectError::Unknown`].
    pub fn get(&self, name: &str) -> Result<Value, ObjectError> {
        let value = self.lock().get(name).cloned();
        value.ok_or_else(|| ObjectError::Unknown(name.to_owned()))
    }

    /// Sets the object `name`, for the program and everybody else.
    ///
    /// # Errors
    ///
    /// [`ObjectError`]; then nothing has changed.
    pub fn set(&self, name: &str, value: Value) -> Result<(), ObjectError> {
        if matches!(&value, Value::Text(text) if text.len() > LONGEST_TEXT) {
            return Err(ObjectError::TooLong);
        }
        let mut values = self.lock();
        let Some(old) = values.get_mut(name) else {
            return Err(ObjectError::Unknown(name.to_owned()));
        };
        if old.kind() != value.kind() {
            return Err(ObjectError::Kind(old.kind()));
        }
        *old = value;
        Ok(())
    }

    /// Changes the objects in one step, which nobody sees the middle of. Others wait meanwhile.
    pub fn update(&self, change: impl FnOnce(&mut Changing<'_>)) {
        change(&mut Changing(self.lock()));
    }

    /// Returns names and values, sorted by name, as they were at one time.
    #[must_use]
    pub fn list(&self) -> Vec<(&'static str, Value)> {
        let values = self.lock();
        values
            .iter()
            .map(|(&name, value)| (name, value.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Value>> {
        // A change that panicked half-way leaves values of the right kinds, and that is all that
        // is promised.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The objects while [`Objects::update`] changes them.
#[derive(Debug)]
pub struct Changing<'a>(MutexGuard<'a, BTreeMap<&'static str, Value>>);

impl Changing<'_> {
    /// Returns the number `name`, to be changed.
    ///
    /// # Panics
    ///
    /// When the program has no such number.
    pub fn number(&mut self, name: &str) -> &mut i64 {
        match self.0.get_mut(name) {
            Some(Value::Number(number)) => number,
            _ => panic!("the program has no number {name}"),
        }
    }

    /// Returns the text `name`, to be changed.
    ///
    /// # Panics
    ///
    /// When the program has no such text.
    pub fn text(&mut self, name: &str) -> &mut String {
        match self.0.get_mut(name) {
            Some(Value::Text(text)) => text,
            _ => panic!("the program has no text {name}"),
        }
    }

    /// Returns the flag `name`, to be changed.
    ///
    /// # Panics
    ///
    /// When the program has no such flag.
    pub fn flag(&mut self, name: &str) -> &mut bool {
        match self.0.get_mut(name) {
            Some(Value::Flag(flag)) => flag,
            _ => panic!("the program has no flag {name}"),
        }
    }
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a whole number",
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => fmt::Debug::fmt(text, f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "the program has no object {name:?}"),
            Self::Kind(kind) => write!(f, "that object is {kind}"),
            Self::TooLong => write!(f, "a text has room for {LONGEST_TEXT} bytes"),
        }
    }
}

impl std::error::Error for ObjectError {}

#[cfg(test)]
mod tests {
    use super::{LONGEST_TEXT, ObjectError, Objects, Value};

    fn objects() -> Objects {
        Objects::new([
            ("lines", Value::Number(3)),
            ("prefix", Value::Text("> ".to_owned())),
        ])
    }

    #[test]
    fn what_one_handle_sets_another_gets() {
        let one = objects();
        let other = one.clone();
        one.set("lines", Value::Number(-1)).expect("a number it is");
        assert_eq!(other.get("lines"), Ok(Value::Number(-1)));
        other.update(|objects| *objects.number("lines") += 2);
        assert_eq!(one.list()[0], ("lines", Value::Number(1)));
    }

    #[test]
    fn names_and_kinds_stay() {
        let objects = objects();
        let unknown = ObjectError::Unknown("words".to_owned());
        assert_eq!(objects.get("words"), Err(unknown.clone()));
        assert_eq!(objects.set("words", Value::Number(1)), Err(unknown));
        let number = objects
            .set("lines", Value::Flag(true))
            .expect_err("a number");
        assert_eq!(number.to_string(), "that object is a whole number");
        let long = "x".repeat(LONGEST_TEXT + 1);
        assert_eq!(
            objects.set("prefix", Value::Text(long)),
            Err(ObjectError::TooLong)
        );
        assert_eq!(objects.get("prefix"), Ok(Value::Text("> ".to_owned())));
    }
}
