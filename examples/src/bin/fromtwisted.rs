//! Serves a web page from an event loop that the program runs itself, in the foreground. The page's
//! handler is blocking code: it runs in the loop's thread pool, and calls back into the loop.

use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use crochet::{defer_to_thread, no_setup, wait_for};
use crochet_examples::dns::choice::{Files, Servers, choose};
use crochet_examples::dns::error::Wanted;
use crochet_examples::dns::{DnsError, Resolver};
use crochet_examples::http::cli::{self, Failure, Program};
use crochet_examples::http::server::Server;
use crochet_examples::http::text;
use hyper::{Request, Response, StatusCode};

/// Returns the addresses of the host `name`. Blocks, for ten seconds at most.
#[wait_for(timeout = 10)]
async fn gethostbyname(resolver: &Resolver, name: &str) -> Result<Vec<IpAddr>, DnsError> {
    resolver.addresses(name).await
}

/// The blocking part of the program, which knows nothing of the loop.
struct Application {
    name: String,
    servers: Servers,
    resolver: OnceLock<Resolver>,
}

impl Application {
    fn answer(&self, request: &Request<()>) -> Response<String> {
        if request.uri().path() != "/" {
            return text(StatusCode::NOT_FOUND, "there is only one page here, /\n");
        }
        let name = &self.name;
        let found = self.resolver();
        match found.and_then(|resolver| gethostbyname(resolver, name)) {
            Ok(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
                let addresses = addresses.join(", ");
                text(StatusCode::OK, format!("{name} has IP {addresses}\n"))
            }
            Err(error) => {
                let message = format!("Error doing lookup of {name}: {error}\n");
                text(StatusCode::BAD_GATEWAY, message)
            }
        }
    }

    /// Returns the resolver; the first call makes it, and blocks.
    fn resolver(&self) -> Result<&Resolver, DnsError> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let files = Files::default();
        let choice = choose(&self.servers, &files, &self.name, Wanted::Addresses)?;
        Ok(self.resolver.get_or_init(|| choice.resolver))
    }
}

/// Answers a request by calling the application in a thread that may block.
async fn in_thread(application: Arc<Application>, request: Request<()>) -> Response<String> {
    let answer = defer_to_thread(move || application.answer(&request));
    answer.await.unwrap_or_else(|error| {
        let message = format!("the application did not answer: {error}\n");
        text(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

fn main() -> ExitCode {
    cli::run(Program::FromTwisted, |options| {
        // The loop is this program's own: what libraries set up later is this one too.
        let mut reactor = no_setup()?;
        let options = options.clone();
        let application = Arc::new(Application {
            name: options.name().to_owned(),
            servers: options.servers().clone(),
            resolver: OnceLock::new(),
        });
        reactor.block_on(async move {
            let failed = |error| Failure::Listen(options.listen(), error);
            let server = Server::bind(options.listen()).map_err(failed)?;
            let address = server.local_addr().map_err(failed)?;
            options.announce(address, format_args!("the addresses of {}", options.name()))?;
            let handler = move |request| in_thread(Arc::clone(&application), request);
            let Err(error) = server.run(handler).await;
            Err(failed(error))
        })?
    })
}
