//! Basic authentication.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Who may send, by name and password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Users {
    all: Vec<(String, String)>,
}

impl std::fmt::Debug for Users {
    /// Without the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|(name, _)| name)).finish()
    }
}

impl Users {
    /// These.
    pub fn new(all: impl IntoIterator<Item = (String, String)>) -> Users {
        Users { all: all.into_iter().collect() }
    }

    /// Whether there is none, so that nobody may send.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether the value of an `authorization` header names one of them. How long that takes does not depend on which.
    pub fn allow(&self, header: &[u8]) -> bool {
        let Some((scheme, rest)) = header.split_at_checked(6) else { return false };
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return false;
        }
        let Ok(both) = STANDARD.decode(rest.trim_ascii()) else { return false };
        let Some(colon) = memchr::memchr(b':', &both) else { return false };
        let (name, password) = (&both[..colon], &both[colon + 1..]);
        let mut found = false;
        for (n, p) in &self.all {
            found |= same(n.as_bytes(), name) & same(p.as_bytes(), password);
        }
        found
    }
}

/// The value of an `authorization` header.
pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// Compares all bytes, wherever the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    let mut differs = a.len() ^ b.len();
    for (i, byte) in b.iter().enumerate() {
        let other = a.get(i % a.len().max(1)).copied().unwrap_or(0);
        differs |= usize::from(std::hint::black_box(byte ^ other));
    }
    differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_name_and_password() {
        let users = Users::new([("a".to_owned(), "p:q".to_owned()), ("b".to_owned(), String::new())]);
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for right in [header("a:p:q"), header("b:"), header("a:p:q").replace("Basic", "bAsIc")] {
            assert!(users.allow(right.as_bytes()), "{right}");
        }
        for wrong in ["a:p", "a:", "b:x", "a", "", ":", "c:p:q", "A:p:q", "a:p:qq", "a:p:p"] {
            assert!(!users.allow(header(wrong).as_bytes()), "{wrong}");
        }
        for wrong in ["", "Basic", "Basic ", "Basic ???", "Bearer YTpwOnE=", "YTpwOnE="] {
            assert!(!users.allow(wrong.as_bytes()), "{wrong}");
        }
        assert!(!Users::default().allow(header(":").as_bytes()));
    }
}
