//! Records that outlive the call that logged them.

use std::borrow::Cow;
use std::fmt;

use log::{Level, Log, Metadata, Record};

use super::bridge::contain;

/// A copy of a record, with its text made.
#[derive(Debug)]
pub(super) struct Owned {
    level: Level,
    target: Cow<'static, str>,
    text: Cow<'static, str>,
    module: Option<Cow<'static, str>>,
    file: Option<Cow<'static, str>>,
    line: Option<u32>,
}

impl Owned {
    /// Copies a record, on the thread that logs it.
    pub(super) fn of(record: &Record<'_>) -> Self {
        let module = match record.module_path_static() {
            Some(module) => Some(Cow::Borrowed(module)),
            None => record.module_path().map(|path| Cow::Owned(path.to_owned())),
        };
        let file = match record.file_static() {
            Some(file) => Some(Cow::Borrowed(file)),
            None => record.file().map(|file| Cow::Owned(file.to_owned())),
        };
        // A record names its module as its target unless it is given another one.
        let target = match record.module_path_static() {
            Some(module) if module == record.target() => Cow::Borrowed(module),
            _ => Cow::Owned(record.target().to_owned()),
        };
        Self {
            level: record.level(),
            target,
            text: text_of(record.args()),
            module,
            file,
            line: record.line(),
        }
    }

    /// Returns a record of the library's own.
    pub(super) fn new(level: Level, target: &'static str, text: String) -> Self {
        Self {
            level,
            target: Cow::Borrowed(target),
            text: Cow::Owned(text),
            module: None,
            file: None,
            line: None,
        }
    }

    /// Gives the record to a logger.
    pub(super) fn write_to(&self, logger: &dyn Log) {
        let mut record = Record::builder();
        record
            .level(self.level)
            .target(&self.target)
            .line(self.line);
        match &self.module {
            Some(Cow::Borrowed(module)) => record.module_path_static(Some(module)),
            module => record.module_path(module.as_deref()),
        };
        match &self.file {
            Some(Cow::Borrowed(file)) => record.file_static(Some(file)),
            file => record.file(file.as_deref()),
        };
        logger.log(&record.args(format_args!("{}", self.text)).build());
    }

    /// Returns what a logger may want to know before it is given the record.
    pub(super) fn metadata(&self) -> Metadata<'_> {
        Metadata::builder()
            .level(self.level)
            .target(&self.target)
            .build()
    }

    /// Returns how many bytes the record takes.
    pub(super) fn size(&self) -> usize {
        let parts = [
            Some(&self.target),
            Some(&self.text),
            self.module.as_ref(),
            self.file.as_ref(),
        ];
        let on_heap = parts.into_iter().flatten().map(|part| match part {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.capacity(),
        });
        size_of::<Self>() + on_heap.sum::<usize>()
    }
}

/// Makes the text, whatever the values in it do.
fn text_of(args: &fmt::Arguments<'_>) -> Cow<'static, str> {
    if let Some(text) = args.as_str() {
        return Cow::Borrowed(text);
    }
    match contain(|| args.to_string()) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed("a message that could not be made: its formatting panicked"),
    }
}
