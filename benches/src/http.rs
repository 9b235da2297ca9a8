//! Measures how many requests hyper answers in a second of the server's processor time.

mod answer;
mod client;
mod serve;
mod wrk;

use core::iter;

use crate::args::Options;
use crate::contest::{Contest, Contestant, Failure, Role, Unit, started};
use crate::http::client::Client;
use crate::http::serve::Patience;
use crate::measure::affinity::{self, Placement};
use crate::measure::clock::share;
use crate::report::output::Output;
use crate::server::{Entrant, Server, server_cpu_time};
use crate::suite::SuiteError;

/// Runs the suite, on one core and on two.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let client = Client::find(options);
    let placements =
        iter::once(Placement::one_core(allowed[0])).chain(Placement::two_cores(&allowed));
    for placement in placements {
        for (connections, patience) in COURSES {
            placement.enclose().map_err(SuiteError::Placement)?;
            let mut contestants = Vec::new();
            for Entrant { name, role, start } in serve::all(patience) {
                let server = start().map(|server| Hello {
                    name,
                    role,
                    server,
                    client,
                    connections,
                });
                contestants.push(started(name, server)?);
            }
            placement.apply().map_err(SuiteError::Placement)?;
            let title = format!(
                "requests for a second of the server's processor, {connections} connections, {}, by {}, {}",
                patience.name(),
                client.name(),
                placement.name()
            );
            Contest::new("http", title, Unit::RequestsPerSecond, ROUNDS, options)
                .run(&mut contestants, output)?;
        }
    }
    Ok(())
}

const COURSES: [(usize, Patience); 3] = [
    (64, Patience::Limited),
    (64, Patience::Endless),
    (1_000, Patience::Limited),
];

/// A turn lasts a second with wrk: few rounds are precise.
const ROUNDS: usize = 5;

/// One server and how it is asked.
struct Hello {
    name: &'static str,
    role: Role,
    server: Server,
    client: Client,
    connections: usize,
}

impl Contestant for Hello {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        let mut asking = self.client.connect(&self.server, self.connections)?;
        let before = server_cpu_time();
        let requests = asking.exchange()?;
        let taken = server_cpu_time().saturating_sub(before);
        samples.push(share(taken, requests));
        drop(asking);
        // Else closing them would be measured in the next turn.
        Ok(self.server.gauge().wait_for(0)?)
    }
}
