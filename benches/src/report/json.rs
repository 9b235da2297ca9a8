//! Writes a report as JSON.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use serde::Serialize;

/// A file that a report will go into.
#[derive(Debug)]
pub struct JsonFile(File);

impl JsonFile {
    /// Creates the file, before the run, so that a bad path does not cost the figures.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(Self)
    }

    /// Writes `report` in place of what is there.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn write(&mut self, report: &impl Serialize) -> io::Result<()> {
        self.0.rewind()?;
        let mut out = BufWriter::new(&mut self.0);
        serde_json::to_writer_pretty(&mut out, report)?;
        out.write_all(b"\n")?;
        out.flush()?;
        drop(out);
        // What was there may have been longer.
        let end = self.0.stream_position()?;
        self.0.set_len(end)
    }
}
