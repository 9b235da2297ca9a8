//! TCP.

mod connect;
mod keep_alive;
mod listener;
mod race;
mod split;
mod stream;

pub use connect::{Connect, ConnectError};
pub use keep_alive::KeepAlive;
pub use listener::{Listen, TcpListener};
pub use race::Attempt;
pub use split::{TcpReader, TcpWriter};
pub use stream::TcpStream;
