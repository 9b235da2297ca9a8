//! Looks up the mail servers of a domain: a plain blocking program, whose lookup runs on an event
//! loop.

use std::process::ExitCode;

use crochet_examples::dns::cli::{self, Program};
use crochet_examples::dns::{DnsError, MailServer, Resolver};

/// Returns the mail servers of the domain `name`, the most wanted first. Blocks until they are
/// there, or the time is up.
#[crochet::wait_for(timeout = resolver.time_limit())]
async fn mx(resolver: &Resolver, name: &str) -> Result<Vec<MailServer>, DnsError> {
    resolver.mail_servers(name).await
}

fn main() -> ExitCode {
    cli::run(Program::MxQuery, |options, out| {
        crochet::setup()?;
        let servers = mx(options.resolver()?, options.name())?;
        writeln!(out, "Mail servers for {}:", options.name())?;
        for server in servers {
            writeln!(out, "{server}")?;
        }
        Ok(())
    })
}
