//! hyper on a reactor: clients and servers of HTTP/1 and HTTP/2 against each other, and curl, h2load and wrk
//! against the servers. What depends on time runs on virtual time, over streams in memory.

mod foreign;
mod http1;
mod http2;
mod pipe;
mod shutdown;
mod sleep;
mod stream;
mod support;
mod timeouts;
