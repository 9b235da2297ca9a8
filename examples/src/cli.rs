//! What the programs' command lines have in common.

use std::fmt;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crochet::logs::NonBlocking;
use log::{LevelFilter, Log, Metadata, Record};

/// The longest time that the user can set, in seconds.
const MAX_SECONDS: f64 = 86_400.0;

/// Reads a time in seconds, which may have a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= MAX_SECONDS => {
            Ok(Duration::from_secs_f64(seconds))
        }
        Ok(_) | Err(_) => Err(format!(
            "expected seconds, more than 0 and at most {MAX_SECONDS}"
        )),
    }
}

/// Reads an address with a port, or one without, which gets `port`.
pub(crate) fn address(text: &str, port: u16) -> Result<SocketAddr, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(|address| (address, port).into()))
        .map_err(|_| {
            "expected an address, or one with a port: 192.0.2.53, 127.0.0.1:5353, [::1]:5353"
                .to_owned()
        })
}

/// Writes a line to the standard output.
pub(crate) fn print(text: impl fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Writes to the standard error output.
pub(crate) fn complain(message: fmt::Arguments<'_>) {
    if writeln!(io::stderr(), "{message}").is_err() {
        // There is nowhere left to complain; the exit status remains.
    }
}

/// Lets what is logged, by the program and by the event loop, be written to the standard error
/// output, by a thread that nobody waits for.
pub(crate) fn log_to_stderr() -> Result<(), log::SetLoggerError> {
    log::set_boxed_logger(Box::new(NonBlocking::wrap(Stderr)))?;
    log::set_max_level(LevelFilter::Info);
    Ok(())
}

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LevelFilter::Info
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            complain(format_args!("{}: {}", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}
