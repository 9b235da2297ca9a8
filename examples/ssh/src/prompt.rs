//! What is behind the prompt: a few commands, and an evaluator of Rhai expressions in which the
//! program's objects are the variable `app`.
//!
//! An evaluation is limited in time, operations, depth and memory, and can be halted from another
//! thread. It blocks and computes, so it belongs in the thread pool.

use std::fmt::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, Scope};

use super::objects::{Objects, Value};

/// How long the evaluation of one line may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer, in bytes; of a longer one the beginning is shown.
pub const LONGEST_ANSWER: usize = 32 * 1024;

const MAX_OPERATIONS: u64 = 100_000_000;

/// How many operations pass between two looks at the clock and the halts.
const OPERATIONS_PER_LOOK: u64 = 64;

const MAX_VARIABLES: usize = 64;
const MAX_FUNCTIONS: usize = 64;
const MAX_TEXT: usize = 32 * 1024;
const MAX_ELEMENTS: usize = 4096;

/// Evaluation is recursive, and the pool's threads have 2 MiB of stack each.
const MAX_CALLS: usize = 8;
const MAX_EXPRESSION_DEPTH: usize = 32;

const HELP: &str = "\
list             shows the program's objects
get NAME         shows one
set NAME VALUE   sets one; VALUE is an expression, so a text has quotes: set prefix \"> \"
help             shows this
quit             ends the session, as control-D does

Everything else is an expression in Rhai. The objects are in app:
  app.lines + 1          app.prefix = \"> \"          app.names()
Variables last as long as the session: let x = 6 * 7
";

/// Ends evaluations early, from any thread; its clones do the same.
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<AtomicBool>);

/// One session's commands and variables.
#[derive(Debug)]
pub struct Prompt {
    engine: Engine,
    scope: Scope<'static>,
    objects: Objects,
    page: Arc<Mutex<Page>>,
    deadline: Arc<Mutex<Instant>>,
}

/// What a line came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A text of whole lines to show.
    Text(String),
    /// The user wants to leave.
    Leave,
}

impl Halt {
    /// Ends what is being evaluated, and whatever begins before [`Halt::withdraw`].
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets evaluations go on again.
    pub fn withdraw(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Prompt {
    /// Makes a prompt over `objects`, whose evaluations each of `halts` ends.
    #[must_use]
    pub fn new<const N: usize>(objects: Objects, halts: [Halt; N]) -> Self {
        let page = Arc::new(Mutex::new(Page::default()));
        let deadline = Arc::new(Mutex::new(Instant::now()));
        let mut engine = bare_engine();
        limit(&mut engine);
        expose(&mut engine);
        let printed = Arc::clone(&page);
        engine.on_print(move |text| lock(&printed).line(text));
        let until = Arc::clone(&deadline);
        engine.on_progress(move |operations| {
            if operations % OPERATIONS_PER_LOOK != 0 {
                None
            } else if halts.iter().any(Halt::is_requested) {
                Some("interrupted".into())
            } else if Instant::now() >= *lock(&until) {
                Some(format!("given up after {TIME_LIMIT:?}").into())
            } else {
                None
            }
        });
        let mut scope = Scope::new();
        scope.push("app", objects.clone());
        Self {
            engine,
            scope,
            objects,
            page,
            deadline,
        }
    }

    /// Does what `line` says and returns what there is to show.
    ///
    /// Blocks for [`TIME_LIMIT`] at most. What is wrong with the line is in the answer.
    pub fn answer(&mut self, line: &str) -> Answer {
        *lock(&self.deadline) = Instant::now() + TIME_LIMIT;
        let done = match Command::parse(line) {
            Command::Quit => return Answer::Leave,
            Command::Help => {
                lock(&self.page).line(HELP.trim_end());
                Ok(())
            }
            Command::List => {
                let mut page = lock(&self.page);
                for (name, value) in self.objects.list() {
                    page.line(format_args!("{name} = {value}"));
                }
                Ok(())
            }
            Command::Get(name) => self.get(name),
            Command::Set(name, value) => self.set(name, value),
            Command::Evaluate(line) => self.show(line),
        };
        let mut page = lock(&self.page);
        if let Err(error) = done {
            page.line(match *error {
                EvalAltResult::ErrorTerminated(why, _) => why.to_string(),
                error => format!("error: {error}"),
            });
        }
        Answer::Text(mem::take(&mut *page).finish())
    }

    fn get(&self, name: &str) -> Evaluated<()> {
        let value = self.objects.get(name).map_err(|error| error.to_string())?;
        lock(&self.page).line(value);
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Evaluated<()> {
        let value = self.evaluate(value)?;
        set_object(&self.objects, name, value)
    }

    fn show(&mut self, line: &str) -> Evaluated<()> {
        let value = self.evaluate(line)?;
        if !value.is_unit() {
            lock(&self.page).line(format_args!("{value:?}"));
        }
        Ok(())
    }

    fn evaluate(&mut self, line: &str) -> Evaluated<Dynamic> {
        let value = self.engine.eval_with_scope(&mut self.scope, line);
        if self.scope.len() > MAX_VARIABLES / 2 {
            // A second `let` of a name leaves the first variable behind.
            self.scope = self.scope.clone_visible();
        }
        value
    }
}

type Evaluated<T> = Result<T, Box<EvalAltResult>>;

/// A line, understood.
#[derive(Debug)]
enum Command<'a> {
    Help,
    List,
    Get(&'a str),
    Set(&'a str, &'a str),
    Quit,
    Evaluate(&'a str),
}

impl<'a> Command<'a> {
    fn parse(line: &'a str) -> Self {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        match (word, rest) {
            ("help" | "?", "") => Self::Help,
            ("list", "") => Self::List,
            ("quit" | "exit", "") => Self::Quit,
            ("get", name) if is_name(name) => Self::Get(name),
            ("set", rest) => match rest.split_once(' ') {
                Some((name, value)) if is_name(name) => Self::Set(name, value),
                _ => Self::Evaluate(line),
            },
            _ => Self::Evaluate(line),
        }
    }
}

/// Tells a name from what makes a line that begins like a command an expression.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Makes an engine that can compute. Not among its packages: the one that lets a script sleep, and
/// those that read clocks or load modules.
fn bare_engine() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    engine
}

fn limit(engine: &mut Engine) {
    engine
        .set_max_operations(MAX_OPERATIONS)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_call_levels(MAX_CALLS)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH)
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(MAX_ELEMENTS)
        .set_max_map_size(MAX_ELEMENTS)
        // What it evaluates is not limited in depth like the rest.
        .disable_symbol("eval");
}

/// Lets scripts use [`Objects`]. An object is a property: Rhai looks for an index of its name when
/// there is no property.
fn expose(engine: &mut Engine) {
    engine
        .register_type_with_name::<Objects>("App")
        .register_indexer_get(|objects: &mut Objects, name: &str| -> Evaluated<Dynamic> {
            let value = objects.get(name).map_err(|error| error.to_string())?;
            Ok(match value {
                Value::Number(number) => number.into(),
                Value::Text(text) => text.into(),
                Value::Flag(flag) => flag.into(),
            })
        })
        .register_indexer_set(|objects: &mut Objects, name: &str, value: Dynamic| {
            set_object(objects, name, value)
        })
        .register_fn("names", |objects: &mut Objects| -> Array {
            let listed = objects.list().into_iter();
            listed.map(|(name, _)| name.into()).collect()
        });
}

fn set_object(objects: &Objects, name: &str, value: Dynamic) -> Evaluated<()> {
    let value = if let Ok(number) = value.as_int() {
        Value::Number(number)
    } else if let Ok(flag) = value.as_bool() {
        Value::Flag(flag)
    } else {
        let text = value.into_string();
        Value::Text(text.map_err(|kind| format!("no object can be a value of the type {kind}"))?)
    };
    Ok(objects
        .set(name, value)
        .map_err(|error| error.to_string())?)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Neither a page nor a deadline is ever half-way changed.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer while it is being written: of bounded length, and without control characters, which
/// would be commands to the user's terminal.
#[derive(Debug, Default)]
struct Page {
    text: String,
    is_full: bool,
}

impl Page {
    fn line(&mut self, line: impl fmt::Display) {
        // The only failure is that there is no room, which `finish` tells.
        self.is_full = writeln!(self, "{line}").is_err();
    }

    fn finish(mut self) -> String {
        if self.is_full {
            self.text.push_str("\n(and more)\n");
        }
        self.text
    }
}

impl Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.is_full || self.text.len() >= LONGEST_ANSWER {
                return Err(fmt::Error);
            }
            if character.is_control() && character != '\n' {
                self.text.extend(character.escape_default());
            } else {
                self.text.push(character);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
