//! TLS on a reactor: our client and our server against each other, against peers who are not what they
//! should be, and openssl's client against our server. What depends on time runs on virtual time.

mod end;
mod foreign;
mod refused;
mod round_trip;
mod silent;
mod support;
