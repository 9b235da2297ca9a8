//! Gathers what the suites of one run have to tell, and shows it as it comes.

use alloc::collections::BTreeMap;
use core::fmt;
use core::time::Duration;
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
use crate::report::table::Tabled;
use crate::report::versions;
use crate::suite::SuiteError;

/// The report of one run.
#[derive(Debug)]
pub struct Output {
    figures: Figures,
    text: String,
    markdown: String,
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
    /// How long each suite took, in seconds.
    seconds: BTreeMap<&'static str, f64>,
    /// Why suites ended early. The tables that they had made until then stand.
    failures: BTreeMap<&'static str, String>,
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
            versions: versions::of(&MEASURED),
            timing_overhead: timing_overhead(),
            suites: BTreeMap::new(),
            seconds: BTreeMap::new(),
            failures: BTreeMap::new(),
        };
        let versions: Vec<String> = figures
            .versions
            .iter()
            .map(|(package, version)| format!("{package} {version}"))
            .collect();
        let mut output = Self {
            figures,
            text: String::new(),
            markdown: String::new(),
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
        self.markdown.push_str(&format!("\n{}\n", line.trim()));
    }

    /// Prints a table and keeps it, with its figures, as the next one of `suite`.
    ///
    /// # Errors
    ///
    /// [`SuiteError::Report`] if the figures cannot be put into JSON.
    pub fn table<T>(&mut self, suite: &'static str, table: &T) -> Result<(), SuiteError>
    where
        T: Tabled + Serialize,
    {
        let caption = table.caption();
        let cells = table.table();
        let text = format!("\n{caption}\n{cells}");
        print!("{text}");
        self.text.push_str(&text);
        self.markdown
            .push_str(&format!("\n**{caption}**\n\n{}", cells.markdown()));
        let figures =
            serde_json::to_value(table).map_err(|error| SuiteError::Report(error.into()))?;
        self.figures.suites.entry(suite).or_default().push(figures);
        Ok(())
    }

    /// Keeps a picture for the report.
    pub fn plot(&mut self, plot: Plot) {
        self.plots.push(plot);
    }

    /// Notes how a suite has ended, and writes all that there is until now into the files that were asked for: whatever
    /// happens to the suites after it does not cost its figures.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn suite_ended(
        &mut self,
        suite: &'static str,
        taken: Duration,
        outcome: &Result<(), SuiteError>,
    ) -> io::Result<()> {
        self.figures.seconds.insert(suite, taken.as_secs_f64());
        if let Err(error) = outcome {
            let error = error.to_string();
            self.say(format_args!("\n{suite}: ended early: {error}"));
            self.figures.failures.insert(suite, error);
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        if let Some(directory) = &self.directory {
            fs::write(directory.join("tables.txt"), &self.text)?;
            fs::write(directory.join("tables.md"), self.markdown.trim_start())?;
            for plot in &self.plots {
                fs::write(directory.join(plot.file_name()), plot.svg())?;
            }
        }
        match &mut self.json {
            Some(file) => file.write(&self.figures),
            None => Ok(()),
        }
    }
}

/// The packages whose versions a report names.
const MEASURED: [&str; 7] = [
    "calloop",
    "crochet-rt",
    "hyper",
    "mio",
    "monoio",
    "smol",
    "tokio",
];
