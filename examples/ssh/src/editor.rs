//! Makes lines of what somebody types.

use std::mem;

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 1024;

const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const KILL: u8 = 0x15;
const ESCAPE: u8 = 0x1b;
const DELETE: u8 = 0x7f;

/// What somebody has typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Typed {
    /// A line, without its end.
    Line(String),
    /// Control-C. The line so far is forgotten.
    Interrupt,
    /// Control-D on an empty line: there will be no more.
    End,
}

/// Takes what a terminal sends, key by key, as a terminal's own line editing does: backspace,
/// control-U, control-C, control-D. Keys that send escape sequences, such as arrows, do nothing.
#[derive(Debug, Default)]
pub struct Editor {
    line: Vec<u8>,
    state: State,
}

/// What the next byte may be a part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// Set at the start and after whatever is complete.
    #[default]
    Text,
    /// Set by a carriage return, whose line feed is not another end of line; cleared by any byte.
    Return,
    /// Set by escape; cleared by any byte, which tells what kind of sequence it is.
    Escape,
    /// Set by an escape sequence with parameters; cleared by its final byte.
    Parameters,
    /// Set by an escape sequence of three bytes; cleared by the third.
    Single,
}

impl Editor {
    /// Takes one byte, appends to `echo` what the terminal is to show for it, and returns what is
    /// complete with it.
    pub fn feed(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Typed> {
        match (mem::take(&mut self.state), byte) {
            (State::Escape, b'[') => self.state = State::Parameters,
            (State::Escape, b'O') => self.state = State::Single,
            (State::Parameters, 0x20..=0x3f) => self.state = State::Parameters,
            (State::Escape | State::Single, 0x20..=0x7e)
            | (State::Parameters, 0x40..=0x7e)
            | (State::Return, b'\n') => {}
            // A control key in the middle of a sequence counts as itself.
            (_, byte) => return self.key(byte, echo),
        }
        None
    }

    fn key(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Typed> {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' {
                    self.state = State::Return;
                }
                echo.extend(b"\r\n");
                let line = mem::take(&mut self.line);
                return Some(Typed::Line(String::from_utf8_lossy(&line).into_owned()));
            }
            INTERRUPT => {
                self.line.clear();
                echo.extend(b"^C\r\n");
                return Some(Typed::Interrupt);
            }
            END if self.line.is_empty() => {
                echo.extend(b"\r\n");
                return Some(Typed::End);
            }
            BACKSPACE | DELETE => self.erase(echo),
            KILL => {
                while !self.line.is_empty() {
                    self.erase(echo);
                }
            }
            ESCAPE => self.state = State::Escape,
            0x20..=0x7e | 0x80.. if self.line.len() < LONGEST_LINE => {
                self.line.push(byte);
                echo.push(byte);
            }
            _ => echo.push(BELL),
        }
        None
    }

    /// Takes the last character back.
    fn erase(&mut self, echo: &mut Vec<u8>) {
        // The bytes of a character after its first all begin with the bits 10.
        while let Some(byte) = self.line.pop() {
            if byte & 0xc0 != 0x80 {
                echo.extend(b"\x08 \x08");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Editor, LONGEST_LINE, Typed};

    /// Returns what comes of typing `keys`, and what the terminal shows.
    fn typed(keys: &[u8]) -> (Vec<Typed>, String) {
        let mut editor = Editor::default();
        let mut echo = Vec::new();
        let typed = keys.iter().filter_map(|&key| editor.feed(key, &mut echo));
        let typed = typed.collect();
        (typed, String::from_utf8_lossy(&echo).into_owned())
    }

    fn line(text: &str) -> Typed {
        Typed::Line(text.to_owned())
    }

    #[test]
    fn each_way_to_end_a_line_ends_one() {
        let (lines, echo) = typed(b"a\rb\nc\r\nd\r\re\n\nf");
        let expected = ["a", "b", "c", "d", "", "e", ""].map(line);
        assert_eq!(lines, expected);
        assert!(echo.starts_with("a\r\nb\r\nc\r\nd\r\n\r\n"), "{echo:?}");
    }

    #[test]
    fn backspace_takes_back_a_whole_character() {
        let (lines, echo) = typed("x\u{e4}\u{20ac}\u{7f}\u{8}y\r".as_bytes());
        assert_eq!(lines, [line("xy")]);
        assert_eq!(echo, "x\u{e4}\u{20ac}\u{8} \u{8}\u{8} \u{8}y\r\n");
        assert_eq!(typed(b"\x7f\x7fa\r"), (vec![line("a")], "a\r\n".to_owned()));
    }

    #[test]
    fn control_keys_forget_the_line_or_end_the_input() {
        assert_eq!(typed(b"ab\x15c\r").0, [line("c")]);
        assert_eq!(typed(b"ab\x03c\r").0, [Typed::Interrupt, line("c")]);
        assert_eq!(typed(b"ab\x04\x03\x04").0, [Typed::Interrupt, Typed::End]);
    }

    #[test]
    fn escape_sequences_do_nothing() {
        let (lines, echo) = typed(b"a\x1b[Ab\x1b[1;5Cc\x1bOPd\x1bxe\x1b[3~\r");
        assert_eq!(lines, [line("abcde")]);
        assert_eq!(echo, "abcde\r\n");
        assert_eq!(typed(b"a\x1b[\x03").0, [Typed::Interrupt]);
    }

    #[test]
    fn a_line_that_is_full_takes_no_more() {
        let keys = [&[b'x'; LONGEST_LINE + 5][..], b"\x7fy\r"].concat();
        let expected = format!("{}y", "x".repeat(LONGEST_LINE - 1));
        assert_eq!(typed(&keys).0, [line(&expected)]);
    }

    proptest! {
        #[test]
        fn any_keys_make_lines_of_bounded_length(keys in proptest::collection::vec(any::<u8>(), 0..4096)) {
            for typed in typed(&keys).0 {
                if let Typed::Line(line) = typed {
                    // A byte that is no text is shown as a character of three.
                    assert!(line.len() <= 3 * LONGEST_LINE);
                    assert!(!line.contains(['\r', '\n', '\x03', '\x1b']));
                }
            }
        }
    }
}
