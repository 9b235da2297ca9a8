//! The key by which clients know the server again.

use std::fmt;
use std::fs;
use std::path::Path;

use sunset::{KeyType, SignKey};

use super::error::SshError;

/// An Ed25519 key.
#[derive(Clone)]
pub struct HostKey(SignKey);

impl HostKey {
    /// Makes a key that lasts as long as this value: to clients the next one is another server.
    ///
    /// # Errors
    ///
    /// [`SshError::NewHostKey`] when the system has no random bytes.
    pub fn generate() -> Result<Self, SshError> {
        SignKey::generate(KeyType::Ed25519, None)
            .map(Self)
            .map_err(SshError::NewHostKey)
    }

    /// Reads a key from a file that `ssh-keygen` has written, without a passphrase. Blocks.
    ///
    /// # Errors
    ///
    /// [`SshError::Read`], and [`SshError::BadHostKey`] when it is of another kind or encrypted.
    pub fn read(path: &Path) -> Result<Self, SshError> {
        let text = fs::read(path).map_err(|error| SshError::Read(path.into(), error))?;
        SignKey::from_openssh(text)
            .map(Self)
            .map_err(|error| SshError::BadHostKey(path.into(), error))
    }

    pub(super) fn sign_key(&self) -> &SignKey {
        &self.0
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostKey").finish_non_exhaustive()
    }
}
