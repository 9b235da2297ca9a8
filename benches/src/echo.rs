//! Measures what a server's processor does for each request of an echo, over few and many connections.

pub mod message;
pub mod serve;

use core::iter;

use crate::args::Options;
use crate::contest::{Contest, Contestant, Failure, Role, Unit, started};
use crate::echo::message::Echoed;
use crate::measure::affinity::{self, Placement};
use crate::measure::clock::share;
use crate::report::output::Output;
use crate::server::load::Load;
use crate::server::{Server, limit, server_cpu_time};
use crate::suite::SuiteError;

/// Runs the suite, on one core and on two.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let most = limit::most_connections().map_err(SuiteError::Placement)?;
    let entrants = serve::all::<BUFFER>("echo", output);
    let placements =
        iter::once(Placement::one_core(allowed[0])).chain(Placement::two_cores(&allowed));
    for placement in placements {
        for wanted in CONNECTIONS {
            let connections = wanted.min(most);
            if connections < wanted {
                output.say(format_args!(
                    "\necho: the limit of open files allows {connections} connections, not {wanted}"
                ));
            }
            let requests = options.scaled(requests(connections)).max(connections);
            placement.enclose().map_err(SuiteError::Placement)?;
            let mut contestants = Vec::new();
            for entrant in &entrants {
                contestants.push(started(
                    entrant.name,
                    (entrant.start)().map(|server| Echo {
                        name: entrant.name,
                        role: entrant.role,
                        server,
                        connections,
                        requests,
                    }),
                )?);
            }
            placement.apply().map_err(SuiteError::Placement)?;
            let title = format!(
                "server's processor time for a request, {connections} connections, {}",
                placement.name()
            );
            Contest::new("echo", title, Unit::ShareNanoseconds, ROUNDS, options)
                .run(&mut contestants, output)?;
        }
    }
    Ok(())
}

const CONNECTIONS: [usize; 4] = [1, 64, 1_000, 10_000];

/// What the servers read into: more than a message, as servers do, so that a read shows that there is no more.
const BUFFER: usize = 256;

const ROUNDS: usize = 5;

/// Returns how many requests a turn has; a single connection waits for each, and takes longer.
fn requests(connections: usize) -> usize {
    match connections {
        1 => 4_000,
        more => 20_000.max(2 * more),
    }
}

/// One server and what it is asked.
struct Echo {
    name: &'static str,
    role: Role,
    server: Server,
    connections: usize,
    requests: usize,
}

impl Contestant for Echo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        let gauge = self.server.gauge();
        let mut load = Load::<Echoed>::connect(self.server.address(), self.connections, gauge)?;
        // Every connection once, before anything is measured.
        load.exchange(self.connections)?;
        let before = server_cpu_time();
        load.exchange(self.requests)?;
        let taken = server_cpu_time().saturating_sub(before);
        samples.push(share(taken, self.requests));
        drop(load);
        // Else closing them would be measured in the next turn.
        Ok(gauge.wait_for(0)?)
    }
}
