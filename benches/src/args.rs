//! Parses the command line.

use core::error::Error;
use core::fmt;
use core::num::NonZeroUsize;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::suite::Suite;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Print the usage text.
    Help,
    /// Run the suite of that name.
    Run {
        /// The suite's name, not yet looked up.
        suite: String,
        /// How to run it.
        options: Options,
    },
}

/// How to run a suite. What is `None` is the suite's own choice.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The file that receives the figures as JSON.
    pub json: Option<PathBuf>,
    /// The folder that receives the tables and a picture of each.
    pub report: Option<PathBuf>,
    /// The interpreter that runs the original Crochet.
    pub python: Option<PathBuf>,
    /// How many timed calls each contestant makes when its turn comes.
    pub calls: Option<NonZeroUsize>,
    /// How many turns each contestant gets, warm-up apart.
    pub rounds: Option<NonZeroUsize>,
    /// How much of each suite is done.
    pub effort: Effort,
}

/// How much of each suite is done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// All of it.
    #[default]
    Full,
    /// Just enough to see that everything works: the figures mean nothing.
    Quick,
}

impl Options {
    /// Returns how many rounds to run where `usual` is a suite's own choice.
    pub fn rounds_or(&self, usual: usize) -> usize {
        let usual = match self.effort {
            Effort::Full => usual,
            Effort::Quick => usual.min(QUICK_ROUNDS),
        };
        self.rounds.map_or(usual, NonZeroUsize::get)
    }

    /// Returns how much of something to do where `usual` is a suite's own choice.
    pub fn scaled(&self, usual: usize) -> usize {
        match self.effort {
            Effort::Full => usual,
            Effort::Quick => usual.div_ceil(QUICK_SHARE),
        }
    }
}

const QUICK_ROUNDS: usize = 2;
const QUICK_SHARE: usize = 50;

/// Parses the arguments that follow the program's name.
///
/// # Errors
///
/// Returns the first argument that cannot be understood.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, UsageError> {
    let mut arguments = arguments.into_iter();
    let mut suite = None;
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let argument = argument.into_string().map_err(UsageError::NotUnicode)?;
        match argument.as_str() {
            "-h" | "--help" => return Ok(Request::Help),
            "--json" => options.json = Some(value_of("--json", &mut arguments)?.into()),
            "--report" => options.report = Some(value_of("--report", &mut arguments)?.into()),
            "--python" => options.python = Some(value_of("--python", &mut arguments)?.into()),
            "--quick" => options.effort = Effort::Quick,
            "--calls" => options.calls = Some(count_of("--calls", &mut arguments)?),
            "--rounds" => options.rounds = Some(count_of("--rounds", &mut arguments)?),
            _ if argument.starts_with('-') => return Err(UsageError::UnknownOption(argument)),
            _ if suite.is_none() => suite = Some(argument),
            _ => return Err(UsageError::SecondSuite(argument)),
        }
    }
    let suite = suite.ok_or(UsageError::NoSuite)?;
    Ok(Request::Run { suite, options })
}

/// Composes the usage text for `suites`.
pub fn usage(suites: &[Suite]) -> String {
    let mut text = String::from(
        "usage: crochet-benches SUITE [--json FILE] [--report DIR] [--quick] [--python FILE] [--calls N] [--rounds N]\n\nsuites:\n",
    );
    for suite in suites {
        text.push_str(&format!("  {:<12}{}\n", suite.name, suite.summary));
    }
    text.push_str(&format!("  {ALL:<12}every suite, one after the other\n"));
    text.push_str(
        "\noptions:\n  --json FILE   also write every figure to FILE\n  --report DIR  also write the tables, and a picture of each, to DIR\n  --quick       a short run, to see that everything works\n  --python FILE in bridge: the interpreter that has Crochet installed; else benches/.venv, if it is there\n  --calls N     in bridge: timed calls in one turn of a contestant\n  --rounds N    turns that each contestant gets\n",
    );
    text
}

/// What selects every suite.
pub const ALL: &str = "all";

fn value_of(
    option: &'static str,
    arguments: &mut impl Iterator<Item = OsString>,
) -> Result<OsString, UsageError> {
    arguments.next().ok_or(UsageError::MissingValue(option))
}

fn count_of(
    option: &'static str,
    arguments: &mut impl Iterator<Item = OsString>,
) -> Result<NonZeroUsize, UsageError> {
    let value = value_of(option, arguments)?
        .into_string()
        .map_err(UsageError::NotUnicode)?;
    value
        .parse()
        .map_err(|_| UsageError::NotACount { option, value })
}

/// The reason why a command line cannot be followed.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsageError {
    /// No suite was named.
    NoSuite,
    /// The named suite does not exist.
    UnknownSuite(String),
    /// A second suite was named.
    SecondSuite(String),
    /// An option that does not exist.
    UnknownOption(String),
    /// An option stands at the end, without its value.
    MissingValue(&'static str),
    /// An option's value should be a whole number above zero.
    NotACount {
        /// The option.
        option: &'static str,
        /// What was given for it.
        value: String,
    },
    /// A word of the command line is not Unicode.
    NotUnicode(OsString),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuite => f.write_str("name the suite to run"),
            Self::UnknownSuite(name) => write!(f, "unknown suite `{name}`"),
            Self::SecondSuite(name) => write!(f, "one suite at a time: `{name}` is one too many"),
            Self::UnknownOption(option) => write!(f, "unknown option `{option}`"),
            Self::MissingValue(option) => write!(f, "`{option}` needs a value"),
            Self::NotACount { option, value } => {
                write!(
                    f,
                    "`{option}` needs a whole number above zero, not `{value}`"
                )
            }
            Self::NotUnicode(word) => write!(f, "`{}` is not Unicode", word.to_string_lossy()),
        }
    }
}

impl Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Request, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_may_stand_on_either_side_of_the_suite() {
        let expected = Request::Run {
            suite: "bridge".into(),
            options: Options {
                json: Some("out.json".into()),
                calls: NonZeroUsize::new(7),
                rounds: NonZeroUsize::new(3),
                python: Some("py".into()),
                ..Options::default()
            },
        };
        assert_eq!(
            parse_line("bridge --json out.json --calls 7 --rounds 3 --python py"),
            Ok(expected)
        );
        assert_eq!(
            parse_line("--rounds 3 --python py bridge --calls 7 --json out.json"),
            parse_line("bridge --json out.json --calls 7 --rounds 3 --python py")
        );
    }

    #[test]
    fn what_is_not_given_is_left_to_the_suite() {
        let expected = Request::Run {
            suite: "bridge".into(),
            options: Options::default(),
        };
        assert_eq!(parse_line("bridge"), Ok(expected));
    }

    #[test]
    fn a_quick_run_is_short_unless_rounds_are_given() {
        let quick = Options {
            effort: Effort::Quick,
            ..Options::default()
        };
        assert_eq!((quick.rounds_or(96), quick.rounds_or(1)), (2, 1));
        assert_eq!((quick.scaled(1_000), quick.scaled(1)), (20, 1));
        let given = Options {
            rounds: NonZeroUsize::new(7),
            ..quick
        };
        assert_eq!(given.rounds_or(96), 7);
        assert_eq!(Options::default().scaled(1_000), 1_000);
    }

    #[test]
    fn help_wins_over_what_follows_it() {
        assert_eq!(parse_line("--help --nonsense"), Ok(Request::Help));
    }

    #[test]
    fn every_mistake_is_named() {
        assert_eq!(parse_line(""), Err(UsageError::NoSuite));
        assert_eq!(
            parse_line("bridge timers"),
            Err(UsageError::SecondSuite("timers".into()))
        );
        assert_eq!(
            parse_line("bridge --fast"),
            Err(UsageError::UnknownOption("--fast".into()))
        );
        assert_eq!(
            parse_line("bridge --json"),
            Err(UsageError::MissingValue("--json"))
        );
        for value in ["0", "-1", "many"] {
            let expected = UsageError::NotACount {
                option: "--calls",
                value: value.into(),
            };
            assert_eq!(
                parse_line(&format!("bridge --calls {value}")),
                Err(expected)
            );
        }
    }
}
