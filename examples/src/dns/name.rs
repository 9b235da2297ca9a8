//! Checks host names and lists the full names that a short one may stand for.

use std::error::Error;
use std::fmt;

use hickory_proto::rr::Name;

/// The longest name, in characters, without its last dot (RFC 1035 allows 255 octets on the wire).
const MAX_NAME: usize = 253;
/// The longest label, in characters.
const MAX_LABEL: usize = 63;

/// A host name that was checked and can be put into a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// Without a dot at the end.
    text: String,
    root: Root,
}

/// Tells whether the user ended the name with a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Stated,
    Open,
}

impl HostName {
    /// Checks `text`: labels of 1 to 63 letters, digits, hyphens and underscores, 253 characters in
    /// all.
    ///
    /// A dot at the end means that the name is full, and keeps the search list away.
    ///
    /// # Errors
    ///
    /// Says which rule the name breaks. Names in other scripts are not encoded: give their `xn--`
    /// form.
    ///
    /// # Examples
    ///
    /// ```
    /// use crochet_examples::dns::name::{HostName, NameError};
    ///
    /// assert!(HostName::parse("example.com.").is_ok());
    /// assert_eq!(HostName::parse("a..b"), Err(NameError::EmptyLabel));
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (text, root) = match text.strip_suffix('.') {
            Some(rest) => (rest, Root::Stated),
            None => (text, Root::Open),
        };
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if !text.is_ascii() {
            return Err(NameError::NotAscii);
        }
        if text.len() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        text.split('.').try_for_each(check_label)?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// Returns the name without a dot at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Lists the full names to ask for, best first, as resolv.conf(5) has it: a name with at least
    /// `ndots` dots is tried as it is before the `search` domains, others after them.
    ///
    /// A search domain that would make the name too long is left out.
    pub fn candidates(&self, search: &[String], ndots: usize) -> Vec<Name> {
        let itself = full_name(&self.text);
        if self.root == Root::Stated {
            return itself.into_iter().collect();
        }
        let searched = search
            .iter()
            .filter_map(|domain| full_name(&format!("{}.{domain}", self.text)));
        if self.text.matches('.').count() >= ndots {
            itself.into_iter().chain(searched).collect()
        } else {
            searched.chain(itself).collect()
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn check_label(label: &str) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    if label.len() > MAX_LABEL {
        return Err(NameError::LabelTooLong);
    }
    if let Some(bad) = label
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))
    {
        return Err(NameError::BadCharacter(bad));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(NameError::HyphenAtEdge);
    }
    Ok(())
}

fn full_name(text: &str) -> Option<Name> {
    match Name::from_ascii(text) {
        Ok(mut name) => {
            name.set_fqdn(true);
            Some(name)
        }
        // Only a search domain gets here: the name itself was checked.
        Err(_) => None,
    }
}

/// Says which rule a host name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing before the dot, or nothing at all.
    Empty,
    /// More than 253 characters.
    TooLong,
    /// Two dots in a row, or one at the start.
    EmptyLabel,
    /// A label of more than 63 characters.
    LabelTooLong,
    /// A character outside ASCII.
    NotAscii,
    /// A character that host names do not have.
    BadCharacter(char),
    /// A label that starts or ends with a hyphen.
    HyphenAtEdge,
    /// An address where only a name has a meaning.
    Address,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong => write!(f, "longer than {MAX_NAME} characters"),
            Self::EmptyLabel => f.write_str("nothing between two dots"),
            Self::LabelTooLong => write!(f, "a part is longer than {MAX_LABEL} characters"),
            Self::NotAscii => {
                f.write_str("a character is not ascii; give the xn-- form of the name")
            }
            Self::BadCharacter(bad) => write!(f, "the character {bad:?} is not allowed"),
            Self::HyphenAtEdge => f.write_str("a part starts or ends with a hyphen"),
            Self::Address => f.write_str("an address has no mail servers"),
        }
    }
}

impl Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(name: &str, ndots: usize) -> Vec<String> {
        let search = ["lan".to_owned(), "corp.test".to_owned()];
        let name = HostName::parse(name).expect("a valid name");
        name.candidates(&search, ndots)
            .iter()
            .map(Name::to_ascii)
            .collect()
    }

    #[test]
    fn names_that_break_a_rule_are_told_which() {
        let long_label = "a".repeat(64);
        let long_name = vec!["abcdefg"; 32].join(".");
        for (text, problem) in [
            ("", NameError::Empty),
            (".", NameError::Empty),
            ("..", NameError::EmptyLabel),
            (".a", NameError::EmptyLabel),
            ("a..b", NameError::EmptyLabel),
            ("a..", NameError::EmptyLabel),
            (&long_label, NameError::LabelTooLong),
            (&long_name, NameError::TooLong),
            ("bücher.example", NameError::NotAscii),
            ("two words", NameError::BadCharacter(' ')),
            ("line\nbreak", NameError::BadCharacter('\n')),
            ("-a.example", NameError::HyphenAtEdge),
            ("a-.example", NameError::HyphenAtEdge),
        ] {
            assert_eq!(HostName::parse(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn the_longest_names_pass() {
        let label = "a".repeat(63);
        let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(name.len(), MAX_NAME);
        assert!(HostName::parse(&name).is_ok());
        assert_eq!(
            HostName::parse(&name).map(|name| name.candidates(&[], 1).len()),
            Ok(1)
        );
        assert!(HostName::parse("_dmarc.xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn a_short_name_goes_through_the_search_list_first() {
        assert_eq!(
            candidates("host", 1),
            ["host.lan.", "host.corp.test.", "host."]
        );
        assert_eq!(candidates("a.b", 2), ["a.b.lan.", "a.b.corp.test.", "a.b."]);
    }

    #[test]
    fn a_name_with_enough_dots_is_tried_as_it_is_first() {
        assert_eq!(candidates("a.b", 1), ["a.b.", "a.b.lan.", "a.b.corp.test."]);
    }

    #[test]
    fn a_dot_at_the_end_keeps_the_search_list_away() {
        assert_eq!(candidates("host.", 1), ["host."]);
    }

    #[test]
    fn a_search_domain_that_does_not_fit_is_left_out() {
        let label = "a".repeat(63);
        let name = HostName::parse(&format!("{label}.{label}.{label}"))
            .expect("191 characters are a valid name");
        let search = [format!("{label}.test"), "b..c".to_owned()];
        assert_eq!(name.candidates(&search, 1).len(), 1);
    }
}
