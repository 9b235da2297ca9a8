//! Who may log in.

use std::fmt;

use subtle::ConstantTimeEq;

use super::error::SshError;

/// The longest user name and the longest password, in bytes.
pub const LONGEST: usize = 128;

/// How many letters a password has that [`Access::with_new_password`] makes: 100 bits of chance.
const NEW_PASSWORD_LETTERS: usize = 20;

/// 32 letters that are not easily taken for one another, so that a letter is five bits.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The one user who may log in, and the password.
#[derive(Clone)]
pub struct Access {
    user: String,
    password: String,
}

impl Access {
    /// Lets `user` in with `password`.
    ///
    /// # Errors
    ///
    /// [`SshError::BadAccess`] when one of them is empty, or longer than [`LONGEST`].
    pub fn new(user: &str, password: &str) -> Result<Self, SshError> {
        for (what, text) in [("user name", user), ("password", password)] {
            if text.is_empty() || text.len() > LONGEST {
                return Err(SshError::BadAccess(what));
            }
        }
        Ok(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// Lets `user` in with a password that nobody can guess.
    ///
    /// # Errors
    ///
    /// As [`Access::new`], and [`SshError::Random`] when the system has no random bytes.
    pub fn with_new_password(user: &str) -> Result<Self, SshError> {
        let mut bytes = [0; NEW_PASSWORD_LETTERS];
        getrandom::fill(&mut bytes).map_err(SshError::Random)?;
        let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
        let password: String = bytes.into_iter().map(letter).collect();
        Self::new(user, &password)
    }

    /// Returns the user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the password, to be told to whoever may know it.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Tells whether these are the user's name and password.
    ///
    /// It takes the same time whatever they are, so that the time tells nothing about which is
    /// wrong, or from which letter on, or how long the right one is.
    #[must_use]
    pub fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        let user = same(self.user.as_bytes(), user);
        let password = same(self.password.as_bytes(), password);
        (user & password).into()
    }
}

fn same(right: &[u8], given: &[u8]) -> subtle::Choice {
    padded(right).ct_eq(&padded(given))
}

/// Returns `text` in as much room as any takes, with its length behind it. Text that is too long to
/// be right keeps its length, which no right one has.
fn padded(text: &[u8]) -> [u8; LONGEST + 1] {
    let mut room = [0; LONGEST + 1];
    let kept = text.len().min(LONGEST);
    room[..kept].copy_from_slice(&text[..kept]);
    room[LONGEST] = u8::try_from(text.len()).unwrap_or(u8::MAX);
    room
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, LONGEST};

    #[test]
    fn only_the_user_with_the_password_is_let_in() {
        let access = Access::new("admin", "secret").expect("both are there");
        assert!(access.admits(b"admin", b"secret"));
        for (user, password) in [
            ("admin", ""),
            ("admin", "secre"),
            ("admin", "secret "),
            ("admin", "secret\0"),
            ("admin", "Secret"),
            ("", "secret"),
            ("admin\0", "secret"),
            ("root", "secret"),
            ("secret", "admin"),
        ] {
            assert!(
                !access.admits(user.as_bytes(), password.as_bytes()),
                "{user:?} {password:?}"
            );
        }
    }

    #[test]
    fn what_is_longer_than_the_longest_is_never_right() {
        let longest = "x".repeat(LONGEST);
        let access = Access::new("admin", &longest).expect("just short enough");
        assert!(access.admits(b"admin", longest.as_bytes()));
        for more in [1, 127, 128, 256, 1000] {
            let longer = "x".repeat(LONGEST + more);
            assert!(!access.admits(b"admin", longer.as_bytes()), "{more} more");
        }
        assert!(Access::new("admin", &format!("{longest}x")).is_err());
    }

    #[test]
    fn a_new_password_is_another_each_time_and_not_shown_by_debug() {
        let first = Access::with_new_password("admin").expect("the system has random bytes");
        let second = Access::with_new_password("admin").expect("the system has random bytes");
        assert_ne!(first.password(), second.password());
        assert!(first.admits(b"admin", first.password().as_bytes()));
        assert!(!format!("{first:?}").contains(first.password()));
    }
}
