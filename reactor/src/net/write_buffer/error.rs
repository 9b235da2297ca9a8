//! Why a buffer does not take bytes.

use std::fmt;
use std::io;

/// Why a [`WriteBuffer`](super::WriteBuffer) does not accept bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// There is no room for them at present.
    Full,
    /// They are more than the buffer's limit.
    TooLong,
    /// The writer has failed, and will write nothing more.
    Failed(io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the write buffer has no room: wait until it is ready"),
            Self::TooLong => f.write_str("a single write is longer than the write buffer's limit"),
            Self::Failed(error) => write!(f, "writing failed: {error}"),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Full | Self::TooLong => None,
        }
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Failed(error) => error,
            WriteError::Full => Self::new(io::ErrorKind::WouldBlock, error),
            WriteError::TooLong => Self::new(io::ErrorKind::InvalidInput, error),
        }
    }
}
