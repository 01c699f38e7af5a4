//! `--http-users FILE`: a `NAME:PASSWORD` a line; empty lines and those that begin with `#` are passed over.

use riddhi_connect::network::Users;

use crate::exit::{Exit, Failure};

/// Bytes of the file at most.
const BYTES_MAX: u64 = 1 << 20;

/// Reads the file; nobody without one.
pub fn read(path: Option<&str>) -> Result<Users, Failure> {
    let Some(path) = path else { return Ok(Users::default()) };
    let failed = |e: std::io::Error| Failure::file("cannot read", path, &e);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > BYTES_MAX {
        return Err(Failure::new(Exit::Usage, format!("{path} has {size} bytes, which is no list of users")));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    parse(&text).map_err(|line| {
        let failure = Failure::new(Exit::Usage, format!("{path}:{line}: this is not NAME:PASSWORD"));
        failure.help("give a user a line, a name without a colon, and a password that is not empty")
    })
}

/// The number of the first line that is wrong, if there is one.
fn parse(text: &str) -> Result<Users, usize> {
    let mut all = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                all.push((name.to_owned(), password.to_owned()));
            }
            _ => return Err(i + 1),
        }
    }
    Ok(Users::new(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_a_text() {
        let users = parse("# who\n\na:b:c\nd:e\n").expect("it is right");
        assert_eq!(format!("{users:?}"), r#"["a", "d"]"#);
        for (text, line) in [("a", 1), ("a:b\n:c", 2), ("\na:", 2)] {
            assert_eq!(parse(text).err(), Some(line), "{text:?}");
        }
    }
}
