//! Looks up names in the Domain Name System, on Crochet's event loop.
//!
//! [`Resolver`] is the client: literal addresses, the hosts file, then UDP with retries, and TCP
//! for answers that do not fit. Its methods are `async` and run on a reactor; a blocking program
//! wraps them with `#[crochet::wait_for]`, as `blockingdns` and `mxquery` do. [`server`] is a small
//! authoritative server on the same loop, for machines that have no resolver and for tests.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cli`] | the command line that the two programs share |
//! | [`choice`] | which servers to ask |
//! | [`resolver`], [`transport`] | questions in, answers out, over UDP and TCP |
//! | [`message`], [`answer`] | questions, and what an answer means |
//! | [`name`], [`hosts`], [`config`] | host names, the hosts file, resolv.conf |
//! | [`server`], [`respond`], [`zone`] | the embedded server, its answers, its data |
//!
//! It has no cache, does no DNSSEC validation and does not encode international names.

pub mod answer;
pub mod choice;
pub mod cli;
pub mod config;
pub mod error;
pub mod hosts;
pub mod message;
pub mod name;
pub mod resolver;
pub mod respond;
pub mod server;
pub mod transport;
pub mod zone;

pub use self::error::DnsError;
pub use self::resolver::{MailServer, Resolver};
