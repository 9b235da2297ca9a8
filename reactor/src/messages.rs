//! How text of others is put into messages.

use std::fmt::{self, Write as _};

/// Shows a value in one line: line ends are escaped, so that whoever reads a log can tell messages
/// apart, whatever an error says.
#[derive(Debug)]
pub struct OneLine<T>(pub T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(['\n', '\r']) {
            let line = part.trim_end_matches(['\n', '\r']);
            self.0.write_str(line)?;
            for end in part[line.len()..].chars() {
                write!(self.0, "{}", end.escape_default())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::OneLine;

    #[test]
    fn line_ends_are_escaped_and_nothing_else_is() {
        for (text, line) in [
            ("", ""),
            ("one \"line\"\t\u{e9}", "one \"line\"\t\u{e9}"),
            ("a\nb\r\nc\n\n", "a\\nb\\r\\nc\\n\\n"),
            ("\n", "\\n"),
        ] {
            assert_eq!(OneLine(text).to_string(), line);
        }
    }
}
