//! A change of an app's file, as a record.
//!
//! Kind (u8), the app's folder and the file's name (each u8 length and text), and bytes: of an append what is appended, of a renaming
//! the new name.

/// Bytes of one record's content at most: a large file is several appends.
pub const CONTENT_BYTES_MAX: usize = 1 << 20;

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// An empty file, which takes the place of one of that name.
    Create { app: &'a str, file: &'a str },
    /// Bytes at the end of a file.
    Append { app: &'a str, file: &'a str, bytes: &'a [u8] },
    /// A file takes another name.
    Rename { app: &'a str, file: &'a str, to: &'a str },
    /// A file is gone.
    Remove { app: &'a str, file: &'a str },
    /// All files of all apps are there.
    Whole,
}

const CREATE: u8 = 1;
const APPEND: u8 = 2;
const RENAME: u8 = 3;
const REMOVE: u8 = 4;
const WHOLE: u8 = 5;

impl<'a> Operation<'a> {
    /// As a record.
    pub fn bytes(&self) -> Vec<u8> {
        let (kind, app, file, rest): (u8, &str, &str, &[u8]) = match self {
            Operation::Create { app, file } => (CREATE, app, file, &[]),
            Operation::Append { app, file, bytes } => (APPEND, app, file, bytes),
            Operation::Rename { app, file, to } => (RENAME, app, file, to.as_bytes()),
            Operation::Remove { app, file } => (REMOVE, app, file, &[]),
            Operation::Whole => (WHOLE, "", "", &[]),
        };
        let mut out = Vec::with_capacity(3 + app.len() + file.len() + rest.len());
        out.push(kind);
        for name in [app, file] {
            // Folder and file names of ours are shorter; a longer one could not be made.
            out.push(name.len().min(255) as u8);
            out.extend_from_slice(&name.as_bytes()[..name.len().min(255)]);
        }
        out.extend_from_slice(rest);
        out
    }

    /// Reads a record; none if it is not of the form, or names anything but a file in an app's folder.
    pub fn parse(bytes: &'a [u8]) -> Option<Operation<'a>> {
        let (kind, rest) = bytes.split_first()?;
        let (app, rest) = name(rest)?;
        let (file, rest) = name(rest)?;
        if *kind == WHOLE {
            return (app.is_empty() && file.is_empty() && rest.is_empty()).then_some(Operation::Whole);
        }
        if !is_plain(app) || !is_plain(file) {
            return None;
        }
        Some(match *kind {
            CREATE if rest.is_empty() => Operation::Create { app, file },
            APPEND => Operation::Append { app, file, bytes: rest },
            RENAME => {
                let to = std::str::from_utf8(rest).ok().filter(|to| is_plain(to))?;
                Operation::Rename { app, file, to }
            }
            REMOVE if rest.is_empty() => Operation::Remove { app, file },
            _ => return None,
        })
    }
}

fn name(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (n, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*n))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

/// Whether it is a name in a folder and no way out of it.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() < 255 && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_come_back() {
        for operation in [
            Operation::Create { app: "A", file: "f" },
            Operation::Append { app: "A", file: "f", bytes: b"bytes" },
            Operation::Rename { app: "Ä", file: "f", to: "g" },
            Operation::Remove { app: "A", file: "f" },
            Operation::Whole,
        ] {
            let bytes = operation.bytes();
            assert_eq!(Operation::parse(&bytes), Some(operation));
            (0..bytes.len().min(4)).for_each(|n| assert_eq!(Operation::parse(&bytes[..n]), None));
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "a\\b", "a\0"] {
            assert_eq!(Operation::parse(&Operation::Create { app: "A", file: name }.bytes()), None, "{name:?}");
            assert_eq!(Operation::parse(&Operation::Create { app: name, file: "f" }.bytes()), None, "{name:?}");
            assert_eq!(
                Operation::parse(&Operation::Rename { app: "A", file: "f", to: name }.bytes()),
                None,
                "{name:?}"
            );
        }
    }
}
