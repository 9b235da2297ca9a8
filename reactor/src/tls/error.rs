//! Why there is no encrypted stream.

use std::error::Error;
use std::fmt;
use std::io;

use futures_rustls::rustls::{self, AlertDescription, CertificateError};

use crate::context::NotOnReactor;

/// Why a stream was not encrypted.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The other end's certificate is not to be trusted: it is another's, or has expired, or nobody
    /// whom the configuration trusts has issued it.
    Certificate(CertificateError),
    /// The other end refused, and said why.
    Refused(AlertDescription),
    /// The two could not agree, the other end does not speak TLS, or the configuration is wrong.
    Protocol(rustls::Error),
    /// The stream failed; [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the other end closed it.
    Stream(io::Error),
    /// The time was up.
    TimedOut,
    /// The calling thread is not running a reactor.
    NotOnReactor(NotOnReactor),
}

impl From<io::Error> for TlsError {
    /// Finds rustls' own error, if that is what the stream's error is about.
    fn from(error: io::Error) -> Self {
        match error.downcast::<rustls::Error>() {
            Ok(rustls::Error::InvalidCertificate(why)) => Self::Certificate(why),
            Ok(rustls::Error::AlertReceived(why)) => Self::Refused(why),
            Ok(why) => Self::Protocol(why),
            Err(error) => Self::Stream(error),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) => write!(f, "the peer's certificate is not accepted: {why}"),
            Self::Refused(why) => write!(f, "the peer refused the connection: {why:?}"),
            Self::Protocol(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::Stream(why) => write!(f, "the stream failed in the TLS handshake: {why}"),
            Self::TimedOut => f.write_str("the TLS handshake did not end in time"),
            Self::NotOnReactor(why) => why.fmt(f),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Protocol(why) => Some(why),
            Self::Stream(why) => Some(why),
            Self::NotOnReactor(why) => Some(why),
            Self::Certificate(_) | Self::Refused(_) | Self::TimedOut => None,
        }
    }
}
