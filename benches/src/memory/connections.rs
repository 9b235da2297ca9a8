//! Connections that wait for a request.

use crate::echo::limit;
use crate::echo::load::Load;
use crate::echo::server;
use crate::measure::alloc::{exempt, held};
use crate::memory::Holder;

/// Returns a holder for each library.
pub fn all(count: usize) -> Vec<Holder> {
    server::all::<BUFFER>()
        .into_iter()
        .map(|(name, start)| {
            Holder::new(name, count, move |count| {
                if count > limit::most_connections()? {
                    return Err("the limit of open files is too low".into());
                }
                let server = start()?;
                // What the first one takes for all is not theirs.
                let mut first = Load::connect(server.address(), 1, server.gauge())?;
                first.exchange(1)?;
                drop(first);
                server.gauge().wait_for(0)?;
                let (load, bytes) = held(|| {
                    exempt(|| {
                        let mut load = Load::connect(server.address(), count, server.gauge())?;
                        // Now each has served a request, and waits.
                        load.exchange(count)?;
                        Ok::<Load, crate::contest::Failure>(load)
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
const BUFFER: usize = crate::echo::load::MESSAGE;
