//! Looks up the addresses of a host: a plain blocking program, whose lookup runs on an event loop.

use std::net::IpAddr;
use std::process::ExitCode;

use crochet_examples::dns::cli::{self, Program};
use crochet_examples::dns::{DnsError, Resolver};

/// Returns the addresses of the host `name`. Blocks until they are there, or the time is up.
#[crochet::wait_for(timeout = resolver.time_limit())]
async fn gethostbyname(resolver: &Resolver, name: &str) -> Result<Vec<IpAddr>, DnsError> {
    resolver.addresses(name).await
}

fn main() -> ExitCode {
    cli::run(Program::BlockingDns, |options, out| {
        crochet::setup()?;
        let name = options.name();
        for address in gethostbyname(options.resolver()?, name)? {
            writeln!(out, "{name} -> {address}")?;
        }
        Ok(())
    })
}
