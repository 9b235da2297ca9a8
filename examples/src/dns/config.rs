//! Reads resolv.conf.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::time::Duration;

/// Where Unix systems keep the resolver's settings.
pub const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Where DNS servers listen.
pub const DNS_PORT: u16 = 53;

/// The caps that resolv.conf(5) states.
const MAX_SERVERS: usize = 3;
const MAX_NDOTS: u32 = 15;
const MAX_TIMEOUT: u32 = 30;
const MAX_ATTEMPTS: u32 = 5;

/// The settings of a resolver. The default has no servers, asks each up to twice, and waits 2 s
/// each time.
///
/// The C library waits 5 s, which would leave no second attempt to a program that gives up after 5
/// s itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    servers: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: u32,
    timeout: Duration,
    attempts: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(2),
            attempts: 2,
        }
    }
}

impl Config {
    /// Sets the servers, whose ports need not be [`DNS_PORT`] here.
    #[must_use]
    pub fn with_servers(self, servers: Vec<SocketAddr>) -> Self {
        Self { servers, ..self }
    }

    /// Sets how long one server gets to answer one attempt.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

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

    /// Reads the text of a resolv.conf: `nameserver` (the first three), `domain` or `search` (the
    /// last wins), and of `options` `ndots:`, `timeout:` and `attempts:`. Everything else is
    /// skipped.
    ///
    /// # Examples
    ///
    /// ```
    /// use crochet_examples::dns::config::Config;
    ///
    /// let config = Config::parse("nameserver 192.0.2.53\noptions timeout:1");
    /// assert_eq!(config.servers(), ["192.0.2.53:53".parse()?]);
    /// assert_eq!(config.timeout().as_secs(), 1);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn parse(text: &str) -> Self {
        let mut config = Self::default();
        for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => config.add_server(words.next()),
                Some("domain") => config.search = words.take(1).map(domain).collect(),
                Some("search") => config.search = words.map(domain).collect(),
                Some("options") => words.for_each(|option| config.set_option(option)),
                _ => {}
            }
        }
        config
    }

    /// Returns the servers, in the order in which they are asked.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Returns the domains that short names are looked for in.
    pub fn search(&self) -> &[String] {
        &self.search
    }

    /// Returns how many dots a name needs to be tried before the search list.
    pub fn ndots(&self) -> usize {
        self.ndots as usize
    }

    /// Returns how long one server gets to answer one attempt.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns how many times a silent server is asked; at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    fn add_server(&mut self, word: Option<&str>) {
        if self.servers.len() < MAX_SERVERS {
            self.servers.extend(word.and_then(server_address));
        }
    }

    fn set_option(&mut self, option: &str) {
        let Some((key, Ok(value))) = option
            .split_once(':')
            .map(|(key, value)| (key, value.parse::<u32>()))
        else {
            return;
        };
        match key {
            "ndots" => self.ndots = value.min(MAX_NDOTS),
            "timeout" => self.timeout = Duration::from_secs(value.clamp(1, MAX_TIMEOUT).into()),
            "attempts" => self.attempts = value.clamp(1, MAX_ATTEMPTS),
            _ => {}
        }
    }
}

/// Reads an address, which of IPv6 may end in `%` and the number of an interface.
fn server_address(word: &str) -> Option<SocketAddr> {
    let (address, scope) = match word.split_once('%') {
        Some((address, scope)) => (address.parse(), scope.parse()),
        None => (word.parse(), Ok(0)),
    };
    match (address, scope) {
        (Ok(IpAddr::V4(address)), Ok(0)) => Some((address, DNS_PORT).into()),
        (Ok(IpAddr::V6(address)), Ok(scope)) => {
            Some(SocketAddrV6::new(address, DNS_PORT, 0, scope).into())
        }
        _ => None,
    }
}

fn domain(word: &str) -> String {
    word.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_is_read() {
        let config = Config::parse(
            "# comment\n; comment\n\
             nameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver fe80::1%2\n\
             search lan corp.test.\n\
             options ndots:3 timeout:4 attempts:5 rotate\nsortlist 192.0.2.0\n",
        );
        let servers = ["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%2]:53"]
            .map(|server| server.parse().unwrap());
        assert_eq!(config.servers(), servers);
        assert_eq!(config.search(), ["lan", "corp.test"]);
        assert_eq!(
            (
                config.ndots(),
                config.timeout().as_secs(),
                config.attempts()
            ),
            (3, 4, 5)
        );
    }

    #[test]
    fn the_last_of_domain_and_search_wins() {
        assert_eq!(Config::parse("search a b\ndomain c").search(), ["c"]);
        assert_eq!(Config::parse("domain c\nsearch a b").search(), ["a", "b"]);
    }

    #[test]
    fn values_are_held_within_their_caps() {
        let config =
            Config::parse("options ndots:99 timeout:0 attempts:0\noptions timeout:4000000000");
        assert_eq!(
            (
                config.ndots(),
                config.timeout().as_secs(),
                config.attempts()
            ),
            (15, 30, 1)
        );
        let many = "nameserver 192.0.2.1\n".repeat(9);
        assert_eq!(Config::parse(&many).servers().len(), MAX_SERVERS);
    }

    #[test]
    fn what_cannot_be_read_is_skipped() {
        let text = "nameserver\nnameserver 1.2.3\nnameserver fe80::1%eth0\n\
                    options\noptions ndots: ndots:x timeout\nnonsense\n";
        assert_eq!(Config::parse(text), Config::default());
    }
}
