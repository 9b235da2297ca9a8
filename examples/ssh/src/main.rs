//! A plain blocking program that can be looked into while it runs: it copies lines and counts them,
//! and whoever logs in by SSH sees and sets its counters and settings.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use crochet_example_ssh::server::{self, Service};
use crochet_example_ssh::{Objects, Server, SshError, Value, cli};

/// Starts an SSH server and returns where it listens. It runs in the background from then on, until
/// `main` returns.
#[crochet::wait_for(timeout = 5.0)]
async fn start_ssh_server(address: SocketAddr, service: Service) -> Result<SocketAddr, SshError> {
    let server = Server::bind(address, service)?;
    let address = server.local_addr()?;
    server::run_detached(server);
    Ok(address)
}

/// Copies lines until there are no more. This is the program; it knows nothing of SSH.
fn copy(input: impl BufRead, mut output: impl Write, objects: &Objects) -> io::Result<()> {
    for line in input.lines() {
        let line = line?;
        let words = i64::try_from(line.split_whitespace().count()).unwrap_or(i64::MAX);
        let mut copied = None;
        objects.update(|objects| {
            // Whoever is logged in may have set the counters to anything.
            add(objects.number("lines"), 1);
            add(objects.number("words"), words);
            if *objects.flag("copy") {
                copied = Some(format!("{}{line}", objects.text("prefix")));
            }
            *objects.text("last") = line;
        });
        if let Some(copied) = copied {
            writeln!(output, "{copied}")?;
        }
    }
    let mut summary = String::new();
    objects.update(|objects| {
        summary = format!("{} lines", objects.number("lines"));
        summary += &format!(", {} words", objects.number("words"));
    });
    writeln!(output, "{summary}")
}

fn add(counter: &mut i64, more: i64) {
    *counter = counter.saturating_add(more);
}

fn main() -> ExitCode {
    cli::run(|options| {
        crochet::setup()?;
        let objects = Objects::new([
            ("copy", Value::Flag(true)),
            ("last", Value::Text(String::new())),
            ("lines", Value::Number(0)),
            ("prefix", Value::Text(String::new())),
            ("words", Value::Number(0)),
        ]);
        let service = options.service(objects.clone())?;
        options.announce(start_ssh_server(options.listen(), service)?);
        copy(io::stdin().lock(), io::stdout(), &objects)?;
        Ok(())
    })
}
