//! Connections that wait for a request.

use crate::contest::Failure;
use crate::echo::message::{Echoed, MESSAGE};
use crate::echo::serve;
use crate::measure::alloc::{exempt, held};
use crate::memory::Holder;
use crate::report::output::Output;
use crate::server::limit;
use crate::server::load::Load;

/// Returns a holder for each library.
pub fn all(count: usize, output: &mut Output) -> Vec<Holder> {
    serve::all::<BUFFER>("memory", output)
        .into_iter()
        .map(|entrant| {
            Holder::new(entrant.name, entrant.role, count, move |count| {
                if count > limit::most_connections()? {
                    return Err("the limit of open files is too low".into());
                }
                let server = (entrant.start)()?;
                // What the first one takes for all is not theirs.
                let mut first = Load::<Echoed>::connect(server.address(), 1, server.gauge())?;
                first.exchange(1)?;
                drop(first);
                server.gauge().wait_for(0)?;
                let (load, bytes) = held(|| {
                    exempt(|| {
                        let mut load =
                            Load::<Echoed>::connect(server.address(), count, server.gauge())?;
                        // Now each has served a request, and waits.
                        load.exchange(count)?;
                        Ok::<Load<Echoed>, Failure>(load)
                    })
                });
                drop(load?);
                server.gauge().wait_for(0)?;
                Ok(bytes)
            })
        })
        .collect()
}

/// Just what a message needs: else the figure would be mostly the buffer's.
const BUFFER: usize = MESSAGE;
