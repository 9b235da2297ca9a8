//! Gathers what the suites of one run have to tell, and shows it as it comes.

use alloc::collections::BTreeMap;
use core::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::args::Options;
use crate::measure::clock::timing_overhead;
use crate::measure::machine::Machine;
use crate::report::json::JsonFile;
use crate::report::plot::Plot;
use crate::report::versions;
use crate::suite::SuiteError;

/// The report of one run.
#[derive(Debug)]
pub struct Output {
    figures: Figures,
    text: String,
    plots: Vec<Plot>,
    json: Option<JsonFile>,
    directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    versions: BTreeMap<&'static str, &'static str>,
    /// Nanoseconds of each latency that are the clock's own.
    timing_overhead: u64,
    /// The tables of each suite, in the order in which they were made.
    suites: BTreeMap<&'static str, Vec<Value>>,
}

impl Output {
    /// Opens the files before the run, so that a bad path does not cost the figures, and shows the machine.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn open(options: &Options, machine: Machine) -> io::Result<Self> {
        if let Some(directory) = &options.report {
            fs::create_dir_all(directory)?;
        }
        let json = options.json.as_deref().map(JsonFile::create).transpose()?;
        let line = machine.line();
        let figures = Figures {
            machine,
            versions: versions::of(&["crochet-rt", "mio", "smol", "tokio"]),
            timing_overhead: timing_overhead(),
            suites: BTreeMap::new(),
        };
        let versions: Vec<String> = figures
            .versions
            .iter()
            .map(|(package, version)| format!("{package} {version}"))
            .collect();
        let mut output = Self {
            figures,
            text: String::new(),
            plots: Vec::new(),
            json,
            directory: options.report.clone(),
        };
        output.say(line);
        output.say(versions.join(", "));
        Ok(output)
    }

    /// Prints a line and keeps it for the report.
    pub fn say(&mut self, line: impl fmt::Display) {
        let line = format!("{line}\n");
        print!("{line}");
        self.text.push_str(&line);
    }

    /// Prints a table and keeps it, with its figures, as the next one of `suite`.
    ///
    /// # Errors
    ///
    /// [`SuiteError::Report`] if the figures cannot be put into JSON.
    pub fn table<T>(&mut self, suite: &'static str, table: &T) -> Result<(), SuiteError>
    where
        T: fmt::Display + Serialize,
    {
        let text = format!("\n{table}");
        print!("{text}");
        self.text.push_str(&text);
        let figures =
            serde_json::to_value(table).map_err(|error| SuiteError::Report(error.into()))?;
        self.figures.suites.entry(suite).or_default().push(figures);
        Ok(())
    }

    /// Keeps a picture for the report.
    pub fn plot(&mut self, plot: Plot) {
        self.plots.push(plot);
    }

    /// Writes the files that were asked for.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn finish(self) -> io::Result<()> {
        if let Some(directory) = &self.directory {
            fs::write(directory.join("tables.txt"), &self.text)?;
            for plot in &self.plots {
                fs::write(directory.join(plot.file_name()), plot.svg())?;
            }
        }
        self.json.map_or(Ok(()), |file| file.write(&self.figures))
    }
}
