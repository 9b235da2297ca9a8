//! The documents tell the truth about the tests: what they name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("a workspace").to_owned()
}

fn read(path: &str) -> String {
    let path = repository().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One row of a table: where it is, for messages, and its cells.
struct Row {
    place: String,
    cells: Vec<String>,
}

/// Returns the rows of all tables of a document, without their heads.
fn rows(document: &str) -> Vec<Row> {
    let text = read(document);
    let lines: Vec<_> = text.lines().collect();
    let is_row = |number: usize| lines.get(number).is_some_and(|line| line.starts_with('|'));
    let is_rule = |number: usize| is_row(number) && lines[number].starts_with("| ---");
    (0..lines.len())
        .filter(|&number| is_row(number) && !is_rule(number) && !is_rule(number + 1))
        .map(|number| Row {
            place: format!("{document}:{}", number + 1),
            cells: cells(lines[number]),
        })
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// Returns what stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Splits `path::name`.
fn test_reference(quoted: &str) -> Option<(&str, &str)> {
    let (path, name) = quoted.split_once(".rs::")?;
    Some((quoted.get(..path.len() + 3)?, name))
}

/// Tells what is wrong with a reference to a test, if anything is.
fn fault_of(path: &str, name: &str) -> Option<String> {
    let Ok(source) = fs::read_to_string(repository().join(path)) else {
        return Some(format!("there is no {path}"));
    };
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let head = format!("fn {name}(");
    let Some(at) = lines.iter().position(|line| line.starts_with(&head)) else {
        return Some(format!("{path} has no {name}"));
    };
    let above = lines[..at].iter().rev();
    let mut attributes = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    let is_test = attributes.any(|line| *line == "#[test]");
    (!is_test).then(|| format!("{name} in {path} is no test"))
}

/// Returns what is wrong with the tests that a row names, and how many it names.
fn check_tests(row: &Row) -> (Vec<String>, usize) {
    let named: Vec<_> = row
        .cells
        .iter()
        .flat_map(|cell| quoted(cell))
        .filter_map(test_reference)
        .collect();
    let faults = named.iter().filter_map(|(path, name)| fault_of(path, name));
    let faults = faults.map(|fault| format!("{}: {fault}", row.place));
    (faults.collect(), named.len())
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// How many promises `docs/CONFORMANCE.md` lists: none is lost by accident.
const PROMISES: usize = 100;

#[test]
fn every_promise_of_the_original_has_a_test_or_a_reason() {
    let rows = rows("docs/CONFORMANCE.md");
    assert_eq!(rows.len(), PROMISES);
    let mut faults = Vec::new();
    for row in &rows {
        let (wrong, tests) = check_tests(row);
        faults.extend(wrong);
        let [original, ours, remark] = row.cells.as_slice() else {
            faults.push(format!("{}: not three cells", row.place));
            continue;
        };
        let is_excused = ["n/a", "not yet"].iter().any(|word| ours.starts_with(word));
        if original.is_empty() || (is_excused && remark.is_empty()) {
            faults.push(format!("{}: no reason", row.place));
        }
        if tests == 0 && !is_excused {
            faults.push(format!("{}: no test", row.place));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_invariant_has_a_test_or_a_gate() {
    let mut faults = Vec::new();
    let mut numbers = BTreeSet::new();
    for row in rows("docs/ARCHITECTURE.md") {
        let Ok(number) = row.cells[0].parse::<u32>() else {
            continue;
        };
        numbers.insert(number);
        let (wrong, tests) = check_tests(&row);
        faults.extend(wrong);
        let gates: Vec<_> = quoted(row.cells.last().expect("a row has cells"))
            .into_iter()
            .filter(|quoted| quoted.starts_with(".ci/"))
            .collect();
        if tests + gates.len() == 0 {
            faults.push(format!("{}: nothing holds it", row.place));
        }
    }
    assert_none(&faults);
    assert_eq!(numbers, (1..=10).collect());
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    let mut faults = Vec::new();
    for document in ["docs/ARCHITECTURE.md", "docs/CONFORMANCE.md"] {
        let text = read(document);
        for name in quoted(&text) {
            let is_path = name.contains('/') && !name.contains([' ', ':', '*']);
            if is_path && !repository().join(name).exists() {
                faults.push(format!("{document}: there is no {name}"));
            }
        }
    }
    assert_none(&faults);
}
