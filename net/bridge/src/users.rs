//! Who may log in.

use std::collections::HashMap;

/// Names and passwords.
#[derive(Clone, Default)]
pub struct Users {
    passwords: HashMap<Vec<u8>, Vec<u8>>,
}

impl Users {
    /// Nobody.
    pub fn new() -> Users {
        Users::default()
    }

    /// Lets a user log in.
    pub fn insert(&mut self, name: &str, password: &str) {
        self.passwords.insert(name.as_bytes().to_vec(), password.as_bytes().to_vec());
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.passwords.is_empty()
    }

    /// Whether this is a user's password. How long it takes does not tell how much of the password is right.
    pub(crate) fn check(&self, name: &[u8], password: &[u8]) -> bool {
        let known = self.passwords.get(name);
        let expected = known.map_or(&b""[..], Vec::as_slice);
        let differs = expected.iter().zip(password).fold(0, |all, (a, b)| all | (a ^ b));
        known.is_some() && expected.len() == password.len() && std::hint::black_box(differs) == 0
    }
}

impl std::fmt::Debug for Users {
    /// Without the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Users({})", self.passwords.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_the_user_is_taken() {
        let mut users = Users::new();
        assert!(users.is_empty() && !users.check(b"admin", b""));
        users.insert("admin", "secret");
        assert!(users.check(b"admin", b"secret"));
        for wrong in ["", "secre", "secrets", "Secret"] {
            assert!(!users.check(b"admin", wrong.as_bytes()), "{wrong}");
        }
        assert!(!users.check(b"other", b"secret"));
    }
}
