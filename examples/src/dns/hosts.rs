//! Reads the hosts file.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;

/// Where Unix systems keep the hosts file.
pub const HOSTS: &str = "/etc/hosts";

/// The names and addresses of a hosts file.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    address: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// Reads the file at `path`. A file that does not exist is an empty one.
    ///
    /// # Errors
    ///
    /// When the file exists and cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => Ok(Self::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Reads the text of a hosts file: an address and its names on each line, `#` before a comment.
    /// Lines that are not of that form are skipped, as the C library does.
    pub fn parse(text: &str) -> Self {
        Self {
            lines: text.lines().filter_map(Line::parse).collect(),
        }
    }

    /// Returns the addresses of `name`, each once, in the file's order; none when the file does not
    /// have the name.
    ///
    /// # Examples
    ///
    /// ```
    /// use crochet_examples::dns::hosts::Hosts;
    ///
    /// let hosts = Hosts::parse("192.0.2.7  printer printer.lan  # second floor");
    /// assert_eq!(hosts.addresses("Printer").len(), 1);
    /// ```
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| line.has(name)) {
            if !found.contains(&line.address) {
                found.push(line.address);
            }
        }
        found
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let content = line.split('#').next()?;
        let mut words = content.split_whitespace();
        let Ok(address) = words.next()?.parse() else {
            return None;
        };
        let names = words
            .map(|name| name.trim_end_matches('.').to_owned())
            .collect();
        Some(Self { address, names })
    }

    fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
        127.0.0.1 localhost\n\
        ::1\tlocalhost ip6-localhost # loopback\n\
        127.0.0.1 localhost again\n\
        # 192.0.2.1 hidden\n\
        not-an-address name\n\
        192.0.2.2 Mixed.Case.\n";

    #[test]
    fn a_name_has_every_address_that_the_file_gives_it_once() {
        let addresses = Hosts::parse(FILE).addresses("localhost");
        assert_eq!(
            addresses,
            ["127.0.0.1".parse::<IpAddr>(), "::1".parse()].map(Result::unwrap)
        );
    }

    #[test]
    fn case_and_a_dot_at_the_end_do_not_matter() {
        assert_eq!(Hosts::parse(FILE).addresses("mixed.CASE").len(), 1);
    }

    #[test]
    fn comments_and_bad_lines_name_nothing() {
        let hosts = Hosts::parse(FILE);
        for name in ["hidden", "name", "loopback", "#", ""] {
            assert_eq!(hosts.addresses(name), [] as [IpAddr; 0], "{name:?}");
        }
    }

    #[test]
    fn a_missing_file_is_empty() {
        let hosts =
            Hosts::read(Path::new("/nonexistent/hosts")).expect("a missing file is no error");
        assert_eq!(hosts.addresses("localhost"), [] as [IpAddr; 0]);
    }
}
