//! Answers questions about names: addresses and mail servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_lite::future;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RData, RecordType};

use super::answer::{Answer, MAX_ALIASES};
use super::config::Config;
use super::error::{DnsError, Wanted};
use super::hosts::Hosts;
use super::message::{Extension, Question};
use super::name::{HostName, NameError};
use super::transport::{Transport, ask_over_tcp, ask_over_udp};

/// Looks names up.
///
/// Its methods are `async` and run on a reactor. They do not hold themselves to the [time
/// limit](Self::time_limit): the blocking caller's `wait_for` does.
///
/// # Cancellation
///
/// Dropping a lookup's future closes its sockets.
#[derive(Clone, Debug)]
pub struct Resolver {
    config: Config,
    hosts: Hosts,
    first_transport: Transport,
    time_limit: Duration,
}

/// The limit of a lookup when nobody sets one.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A server that takes a domain's mail. The order is the order of use: lowest preference first,
/// then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailServer {
    /// The lower, the more wanted.
    pub preference: u16,
    /// The host's name, without a dot at the end.
    pub exchange: String,
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.preference, self.exchange)
    }
}

impl Resolver {
    /// Makes a resolver that asks the servers of `config` and knows no hosts file.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            hosts: Hosts::default(),
            first_transport: Transport::Udp,
            time_limit: TIME_LIMIT,
        }
    }

    /// Adds a hosts file, which is looked at before any server is asked.
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Sets what questions go over. The default, [`Transport::Udp`], turns to TCP for answers that
    /// do not fit.
    #[must_use]
    pub fn with_transport(self, first_transport: Transport) -> Self {
        Self {
            first_transport,
            ..self
        }
    }

    /// Sets how long a lookup may take in all, 5 s by default.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// Returns how long a lookup may take in all, for the blocking caller's `timeout`.
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Returns the servers that are asked, in order.
    pub fn servers(&self) -> &[SocketAddr] {
        self.config.servers()
    }

    /// Finds the addresses of `name` without asking a server: when it is an address itself, or in
    /// the hosts file.
    pub fn known_addresses(&self, name: &str) -> Vec<IpAddr> {
        match name.parse() {
            Ok(address) => vec![address],
            Err(_) => self.hosts.addresses(name.strip_suffix('.').unwrap_or(name)),
        }
    }

    /// Finds the addresses of `name`, IPv4 before IPv6. An address stands for itself.
    ///
    /// # Errors
    ///
    /// Any [`DnsError`] except [`DnsError::Timeout`] and [`DnsError::Call`], which belong to the
    /// blocking call.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsError> {
        let known = self.known_addresses(name);
        if !known.is_empty() {
            return Ok(known);
        }
        let name = HostName::parse(name)?;
        self.search(&name, async |name| self.addresses_of(name).await)
            .await
    }

    /// Finds the mail servers of the domain `name`, in order of use.
    ///
    /// # Errors
    ///
    /// As for [`addresses`](Self::addresses).
    pub async fn mail_servers(&self, name: &str) -> Result<Vec<MailServer>, DnsError> {
        if name.parse::<IpAddr>().is_ok() {
            return Err(NameError::Address.into());
        }
        let name = HostName::parse(name)?;
        let mut found = self
            .search(&name, async |name| self.mail_servers_of(name).await)
            .await?;
        found.sort();
        Ok(found)
    }

    /// Tells whether one of the servers, which get `limit` each, is of use for `name`: knows it, or
    /// knows the root of all names.
    ///
    /// A server that knows neither is cut off from the world, or there only to say no.
    ///
    /// # Errors
    ///
    /// [`DnsError::InvalidName`].
    pub async fn is_usable(&self, name: &str, limit: Duration) -> Result<bool, DnsError> {
        let candidates =
            HostName::parse(name)?.candidates(self.config.search(), self.config.ndots());
        let (root, name) = (
            Name::root(),
            candidates.first().cloned().unwrap_or_default(),
        );
        let knows = async |server, name, kind| {
            let answer = crochet::timeout(limit, self.exchange(server, name, kind)).await;
            matches!(answer, Ok(Ok(answer)) if answer.code() == ResponseCode::NoError)
        };
        for &server in self.servers() {
            let (root, name) = future::zip(
                knows(server, &root, RecordType::NS),
                knows(server, &name, RecordType::A),
            )
            .await;
            if root || name {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tries the full names that `name` may stand for, until one has what `lookup` looks for.
    async fn search<T>(
        &self,
        name: &HostName,
        lookup: impl AsyncFn(Name) -> Result<Vec<T>, DnsError>,
    ) -> Result<Vec<T>, DnsError> {
        let mut failure = DnsError::NoServer;
        for candidate in name.candidates(self.config.search(), self.config.ndots()) {
            failure = match (lookup(candidate).await, failure) {
                // A name that exists without such records says more than one that does not exist.
                (Err(DnsError::UnknownName { .. }), known @ DnsError::NoRecords { .. }) => known,
                (Err(error @ (DnsError::UnknownName { .. } | DnsError::NoRecords { .. })), _) => {
                    error
                }
                (done, _) => return done,
            };
        }
        Err(failure)
    }

    async fn addresses_of(&self, name: Name) -> Result<Vec<IpAddr>, DnsError> {
        let wanted = Wanted::Addresses;
        let v4 = self.records(name.clone(), RecordType::A, wanted);
        let v6 = self.records(name, RecordType::AAAA, wanted);
        let data = match future::zip(v4, v6).await {
            (Ok(v4), Ok(v6)) => [v4, v6].concat(),
            (Ok(found), Err(_)) | (Err(_), Ok(found)) => found,
            (Err(DnsError::NoRecords { .. }), Err(error)) | (Err(error), Err(_)) => {
                return Err(error);
            }
        };
        Ok(data.iter().filter_map(RData::ip_addr).collect())
    }

    async fn mail_servers_of(&self, name: Name) -> Result<Vec<MailServer>, DnsError> {
        let data = self
            .records(name, RecordType::MX, Wanted::MailServers)
            .await?;
        let mail_server = |data: &RData| match data {
            RData::MX(mx) => Some(MailServer {
                preference: mx.preference(),
                exchange: readable(mx.exchange()),
            }),
            _ => None,
        };
        Ok(data.iter().filter_map(mail_server).collect())
    }

    /// Returns the data of type `kind` of `name`, at least one piece, having followed its aliases
    /// from server to server.
    async fn records(
        &self,
        name: Name,
        kind: RecordType,
        wanted: Wanted,
    ) -> Result<Vec<RData>, DnsError> {
        let mut name = name;
        let mut hops = 0;
        loop {
            let (server, answer) = self.ask_in_turn(&name, kind).await?;
            let chain = answer
                .follow(&name, kind)
                .map_err(|_| DnsError::AliasLoop { server })?;
            if !chain.data.is_empty() {
                return Ok(chain.data);
            }
            if answer.code() == ResponseCode::NXDomain {
                return Err(DnsError::UnknownName { server });
            }
            if chain.end == name {
                return Err(DnsError::NoRecords { server, wanted });
            }
            if hops == MAX_ALIASES {
                return Err(DnsError::AliasLoop { server });
            }
            // A server that does not look further itself leaves the data of the alias's target to
            // another question.
            name = chain.end;
            hops += 1;
        }
    }

    /// Asks the servers in turn until one knows: says that the name exists, or that it does not.
    ///
    /// A silent server is asked again in the next round; one that fails in another way is not.
    async fn ask_in_turn(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> Result<(SocketAddr, Answer), DnsError> {
        let mut silent = self.servers().to_vec();
        let mut failure = None;
        for _ in 0..self.config.attempts() {
            for server in std::mem::take(&mut silent) {
                match crochet::timeout(self.config.timeout(), self.exchange(server, name, kind))
                    .await
                {
                    Ok(Ok(answer)) => match error_of(server, &answer) {
                        None => return Ok((server, answer)),
                        Some(error) => failure = Some(error),
                    },
                    Ok(Err(error)) => failure = Some(error),
                    Err(_elapsed) => silent.push(server),
                }
            }
        }
        let attempts = self.config.attempts();
        let silence = silent
            .last()
            .map(|&server| DnsError::NoAnswer { server, attempts });
        Err(failure.or(silence).unwrap_or(DnsError::NoServer))
    }

    /// Asks one server once, and once more without EDNS if it does not understand that.
    async fn exchange(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
    ) -> Result<Answer, DnsError> {
        let answer = self.attempt(server, name, kind, Extension::Edns).await?;
        match answer.code() {
            ResponseCode::FormErr | ResponseCode::NotImp => {
                self.attempt(server, name, kind, Extension::Plain).await
            }
            _ => Ok(answer),
        }
    }

    async fn attempt(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
        extension: Extension,
    ) -> Result<Answer, DnsError> {
        let question = Question::new(name.clone(), kind, extension)
            .map_err(|error| DnsError::local(error.into()))?;
        if self.first_transport == Transport::Udp {
            if let Some(answer) = ask_over_udp(server, &question).await? {
                return Ok(answer);
            }
        }
        ask_over_tcp(server, &question).await
    }
}

fn error_of(server: SocketAddr, answer: &Answer) -> Option<DnsError> {
    match answer.code() {
        ResponseCode::NoError | ResponseCode::NXDomain => None,
        ResponseCode::Refused => Some(DnsError::Refused { server }),
        ResponseCode::ServFail => Some(DnsError::ServerFailure { server }),
        other => Some(DnsError::ErrorCode {
            server,
            code: other.into(),
        }),
    }
}

/// Returns `name` as ASCII with its odd bytes escaped, and without the dot at the end unless it is
/// the root.
fn readable(name: &Name) -> String {
    let text = name.to_ascii();
    match text.strip_suffix('.') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text,
    }
}
