use std::sync::OnceLock;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::Secret;

/// A shorter password can be guessed.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Nobody types a longer one.
const PASSWORD_BYTES_MAX: usize = 1024;
/// Memory in KiB, passes, lanes: the least that OWASP asks for with Argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);
const SALT_BYTES: usize = 16;

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordError {
    /// It can be guessed.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// It is no password.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

/// What is kept of a password: Argon2id with a random salt, as a PHC string. Making and comparing one takes some tens of
/// milliseconds and 19 MiB by design; an async task does it where it may block.
#[derive(Clone)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

impl PasswordHash {
    /// The hash of a new password.
    pub fn of(password: &Secret) -> Result<Self, PasswordError> {
        if password.expose().chars().count() < PASSWORD_CHARS_MIN {
            return Err(PasswordError::TooShort);
        }
        if password.expose().len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        Ok(Self::with_salt(password.expose()))
    }

    /// A hash that no password is known for: comparing with it takes as long as with anybody's.
    pub fn of_nobody() -> Self {
        static NOBODY: OnceLock<String> = OnceLock::new();
        let hash = NOBODY.get_or_init(|| {
            let unknown: [u8; 32] = rand::random();
            Self::with_salt(&format!("{unknown:?}")).0
        });
        Self(hash.clone())
    }

    /// Whether it is this password's.
    pub fn is_of(&self, password: &Secret) -> bool {
        // Nobody has a longer one; what was sent is not hashed for ever.
        let password = password.expose().get(..PASSWORD_BYTES_MAX + 1).unwrap_or(password.expose());
        password_hash::PasswordHash::new(&self.0)
            .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    }

    pub(crate) fn kept(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_kept(&self) -> &str {
        &self.0
    }

    fn with_salt(password: &str) -> Self {
        let salt: [u8; SALT_BYTES] = rand::random();
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
        let hash = argon2().hash_password(password.as_bytes(), &salt).expect("the parameters and lengths are allowed");
        Self(hash.to_string())
    }
}

fn argon2() -> Argon2<'static> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None).expect("the parameters are allowed");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let password = Secret::new("correct horse battery");
        let hash = PasswordHash::of(&password).unwrap();
        assert!(hash.as_kept().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_kept());
        assert!(hash.is_of(&password));
        for wrong in ["correct horse batterY", "", "correct horse battery "] {
            assert!(!hash.is_of(&Secret::new(wrong)), "{wrong}");
        }
        let again = PasswordHash::of(&password).unwrap();
        assert_ne!(hash.as_kept(), again.as_kept(), "each has its own salt");
        assert!(!PasswordHash::of_nobody().is_of(&password));
        assert!(!PasswordHash::kept("damaged".to_owned()).is_of(&password));
        assert_eq!(format!("{hash:?}"), "PasswordHash(***)");
    }

    #[test]
    fn a_password_that_can_be_guessed_or_is_none_is_not_taken() {
        let error = |password: &str| PasswordHash::of(&Secret::new(password)).err();
        assert_eq!(error("elevenchars"), Some(PasswordError::TooShort));
        assert_eq!(error("twelve chars"), None);
        assert_eq!(error("zwölf Zeiche"), None, "characters, not bytes");
        assert_eq!(error(&"long".repeat(300)), Some(PasswordError::TooLong));
        assert!(!PasswordHash::of_nobody().is_of(&Secret::new("ü".repeat(5000))), "cut within a character is no panic");
    }
}
