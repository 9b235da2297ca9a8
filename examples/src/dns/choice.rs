//! Chooses which servers to ask.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::config::{Config, RESOLV_CONF};
use super::error::{DnsError, Wanted};
use super::hosts::{HOSTS, Hosts};
use super::resolver::Resolver;
use super::server::{self, Server};
use super::zone::Zone;

/// How long a server from resolv.conf has to show that it works.
const PROBE_LIMIT: Duration = Duration::from_millis(300);

/// What the user said about servers.
#[derive(Clone, Debug, Default)]
pub enum Servers {
    /// Those of the system when one of them works, otherwise the embedded one.
    #[default]
    Automatic,
    /// This one, and no hosts file.
    Given(SocketAddr),
    /// The embedded one.
    Embedded,
}

/// Where the system's settings are.
#[derive(Clone, Debug)]
pub struct Files {
    /// The hosts file.
    pub hosts: PathBuf,
    /// The resolver's settings.
    pub resolv_conf: PathBuf,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            hosts: HOSTS.into(),
            resolv_conf: RESOLV_CONF.into(),
        }
    }
}

/// A resolver, and why it asks whom it asks.
#[derive(Debug)]
pub struct Choice {
    /// Ready to look names up.
    pub resolver: Resolver,
    /// What the user should know about the choice, when it is not the one to expect.
    pub notice: Option<String>,
}

/// Makes the resolver that `servers` calls for, to look up what is `wanted` of `name`.
///
/// Blocks. It reads files; for [`Servers::Automatic`] it tries the system's servers, for 300 ms
/// each at most, unless the addresses of `name` are known without them.
///
/// # Errors
///
/// When a file cannot be read, the embedded server cannot start, or `name` is not a name.
pub fn choose(
    servers: &Servers,
    files: &Files,
    name: &str,
    wanted: Wanted,
) -> Result<Choice, DnsError> {
    match servers {
        Servers::Given(server) => Ok(Choice {
            resolver: resolver_for(*server),
            notice: None,
        }),
        Servers::Embedded => {
            let hosts =
                Hosts::read(&files.hosts).map_err(|error| unreadable(&files.hosts, &error))?;
            Ok(Choice {
                resolver: resolver_for(start_embedded()?).with_hosts(hosts),
                notice: None,
            })
        }
        Servers::Automatic => choose_automatically(files, name, wanted),
    }
}

fn choose_automatically(files: &Files, name: &str, wanted: Wanted) -> Result<Choice, DnsError> {
    let hosts = Hosts::read(&files.hosts).map_err(|error| unreadable(&files.hosts, &error))?;
    let config =
        Config::read(&files.resolv_conf).map_err(|error| unreadable(&files.resolv_conf, &error))?;
    let system = Resolver::new(config).with_hosts(hosts.clone());
    let needs_no_server = wanted == Wanted::Addresses && !system.known_addresses(name).is_empty();
    if needs_no_server || is_usable(&system, name)? {
        return Ok(Choice {
            resolver: system,
            notice: None,
        });
    }
    let reason = match system.servers() {
        [] => "this system has no DNS server".to_owned(),
        _ => format!("no DNS server of this system knows {name}, or even the root"),
    };
    let notice = format!(
        "{reason}, so the embedded one answers, which knows example.com and example.org only"
    );
    Ok(Choice {
        resolver: resolver_for(start_embedded()?).with_hosts(hosts),
        notice: Some(notice),
    })
}

/// Tells whether a server of `resolver` is of use for `name`.
///
/// Each server has its own limit; the call's is longer than all of them together, for it is not the
/// one to be reached.
#[crochet::wait_for(timeout = 2 * PROBE_LIMIT * (1 + resolver.servers().len() as u32))]
async fn is_usable(resolver: &Resolver, name: &str) -> Result<bool, DnsError> {
    resolver.is_usable(name, PROBE_LIMIT).await
}

fn resolver_for(server: SocketAddr) -> Resolver {
    Resolver::new(Config::default().with_servers(vec![server]))
}

/// Starts the embedded server on a free port of this machine, beside whatever else the event loop
/// does, until the loop ends.
#[crochet::wait_for(timeout = 5)]
async fn start_embedded() -> Result<SocketAddr, DnsError> {
    let server =
        Server::bind((Ipv4Addr::LOCALHOST, 0).into(), Zone::example()).map_err(DnsError::local)?;
    let address = server.local_addr().map_err(DnsError::local)?;
    server::run_detached(server);
    Ok(address)
}

fn unreadable(path: &Path, error: &io::Error) -> DnsError {
    DnsError::local(io::Error::new(
        error.kind(),
        format!("{}: {error}", path.display()),
    ))
}
