//! Starts the programs, and visits their pages with curl.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{ServerProcess, peer};

/// A time that no test lasts.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// One of the programs, which serves on a free port and ends with this value.
pub(crate) struct Program {
    url: String,
    _process: ServerProcess,
}

impl Program {
    /// Starts the program at `path` with these arguments.
    pub(crate) fn start(path: &str, args: &[&str]) -> Self {
        let mut command = Command::new(path);
        let mut process =
            ServerProcess::start(command.args(["--listen", "127.0.0.1:0"]).args(args));
        let Some(first) = process.out_lines().next() else {
            let said: Vec<_> = process.err_lines().collect();
            panic!("the program does not serve: {said:?}");
        };
        let (url, _) = first.split_once(" shows ").expect("it tells its URL");
        Self {
            url: url.to_owned(),
            _process: process,
        }
    }

    /// Returns the URL of its page.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// What came of a visit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn ok(text: &str) -> Self {
        Self {
            status: 200,
            text: text.to_owned(),
        }
    }
}

/// Somebody who visits pages, and keeps the cookies that they give.
pub(crate) struct Visitor {
    curl: PathBuf,
    jar: PathBuf,
}

impl Visitor {
    /// Makes a visitor without cookies; `None` when curl is not installed. No other test may use the
    /// name.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let folder = env!("CARGO_TARGET_TMPDIR");
        Some(Self {
            curl: peer("curl")?,
            jar: PathBuf::from(format!("{folder}/jar-{name}-{}", process::id())),
        })
    }

    pub(crate) fn visit(&self, url: &str) -> Page {
        self.curl(&[url])
    }

    /// Runs curl with these arguments, one of which is a URL.
    pub(crate) fn curl<S: AsRef<OsStr>>(&self, args: &[S]) -> Page {
        let mut command = Command::new(&self.curl);
        command
            .args(["--disable", "--silent", "--show-error"])
            .args(["--noproxy", "*", "--max-time", "30"])
            .args(["--write-out", "\n%{http_code}", "--cookie-jar"])
            .arg(&self.jar)
            .arg("--cookie")
            .arg(&self.jar)
            .args(args)
            .stdin(Stdio::null());
        let output = command.output().expect("curl starts");
        assert!(output.status.success(), "{output:?}");
        let out = String::from_utf8(output.stdout).expect("the pages are UTF-8");
        let (text, status) = out.rsplit_once('\n').expect("curl writes the status last");
        Page {
            status: status.parse().expect("a number"),
            text: text.to_owned(),
        }
    }

    /// Visits a page again and again until it is what `wanted` says; returns it. Each visit takes as
    /// long as starting curl does.
    #[track_caller]
    pub(crate) fn visit_until(&self, url: &str, wanted: impl Fn(&Page) -> bool) -> Page {
        let begun = Instant::now();
        loop {
            let page = self.visit(url);
            if wanted(&page) {
                return page;
            }
            assert!(begun.elapsed() < LONG, "it never came: {page:?}");
        }
    }

    /// Returns the value of the cookie `name`.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let jar = fs::read_to_string(&self.jar).expect("curl has written it");
        let mut lines = jar.lines().map(|line| line.split('\t').rev());
        lines.find_map(|mut fields| {
            let (value, key) = (fields.next()?, fields.next()?);
            (key == name).then(|| value.to_owned())
        })
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        if self.jar.exists() {
            fs::remove_file(&self.jar).expect("the jar is ours");
        }
    }
}
