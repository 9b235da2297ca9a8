//! hickory's resolver on a reactor: against a name server of the tests' own, against dnsmasq, and against servers
//! that do not answer. What depends on time alone runs on virtual time.

mod delays;
mod dnsmasq;
mod ends;
mod handles;
mod lookups;
mod server;
mod support;
