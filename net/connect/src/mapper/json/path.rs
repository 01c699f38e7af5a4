//! Paths into JSON: `$.a.b[0]['c d']`. No wild cards, no conditions: a path names one value.

use crate::input::jsonl::scan::{Scan, Scanned};

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Path {
    /// Reads a path; what is wrong, else.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut rest = text.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        // A path may begin with its first name.
        if !rest.is_empty() && !rest.starts_with(['.', '[']) {
            rest = name(rest, &mut steps);
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                if after.starts_with(['.', '*', '[']) || after.is_empty() {
                    return Err(format!("`{rest}` names more than one value, or none"));
                }
                rest = name(after, &mut steps);
            } else if let Some((inner, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
                steps.push(bracket(inner)?);
                rest = after;
            } else {
                return Err(format!("`{rest}` is no step of a path"));
            }
        }
        Ok(Path { steps })
    }

    /// That of the value itself.
    pub fn root() -> Path {
        Path { steps: Vec::new() }
    }

    /// The names on the way; none if there is an index among them.
    pub fn keys(&self) -> Option<Vec<&str>> {
        let keys = self.steps.iter().map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        keys.collect()
    }

    /// The place of the value, from that of the value it begins at; none if it is not there.
    pub fn find<'a>(&self, scan: Scan<'a>) -> Scanned<Option<Scan<'a>>> {
        let mut at = scan;
        at.peek();
        for step in &self.steps {
            let found = match step {
                Step::Key(key) => member(at, key)?,
                Step::Index(n) => element(at, *n)?,
            };
            match found {
                Some(found) => at = found,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}

fn name<'a>(text: &'a str, steps: &mut Vec<Step>) -> &'a str {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    steps.push(Step::Key(text[..end].to_owned()));
    &text[end..]
}

fn bracket(inner: &str) -> Result<Step, String> {
    let quoted = |q: char| inner.strip_prefix(q).and_then(|r| r.strip_suffix(q));
    match quoted('\'').or(quoted('"')) {
        Some(key) => Ok(Step::Key(key.to_owned())),
        None => inner.trim().parse().map(Step::Index).map_err(|_| format!("`[{inner}]` is no index")),
    }
}

fn member<'a>(mut scan: Scan<'a>, key: &str) -> Scanned<Option<Scan<'a>>> {
    if !scan.eat(b'{') || scan.eat(b'}') {
        return Ok(None);
    }
    loop {
        let found = scan.string("a key in double quotes")?;
        scan.expect(b':', "after the key")?;
        scan.peek();
        if (!found.escaped && found.raw == key.as_bytes()) || (found.escaped && found.owned() == key) {
            return Ok(Some(scan));
        }
        scan.skip_value()?;
        if !scan.another(b'}')? {
            return Ok(None);
        }
    }
}

fn element(mut scan: Scan<'_>, n: usize) -> Scanned<Option<Scan<'_>>> {
    if !scan.eat(b'[') || scan.eat(b']') {
        return Ok(None);
    }
    for _ in 0..n {
        scan.skip_value()?;
        if !scan.another(b']')? {
            return Ok(None);
        }
    }
    scan.peek();
    Ok(Some(scan))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_value() {
        let json = br#"{"a":{"b c":[1,{"d":"x"}]},"e":null}"#;
        for (path, found) in [
            ("$", Some("{")),
            ("$.a['b c'][0]", Some("1")),
            ("a['b c'][1].d", Some("\"x\"")),
            ("$.e", Some("null")),
            ("$.a.x", None),
            ("$.a['b c'][2]", None),
            ("$.e.f", None),
        ] {
            let at = Path::parse(path).unwrap().find(Scan::new(json)).unwrap_or_default();
            let rest = at.map(|s| String::from_utf8_lossy(&json[s.at()..]).into_owned());
            assert_eq!(rest.is_some(), found.is_some(), "{path}");
            assert!(rest.is_none_or(|r| r.starts_with(found.unwrap_or_default())), "{path}");
        }
    }

    #[test]
    fn paths_of_many_values_are_refused() {
        for path in ["$..a", "$.*", "$.a[*]", "$.a[?(@.x)]", "$."] {
            let parsed = Path::parse(path);
            assert!(parsed.is_err(), "{path}: {parsed:?}");
        }
    }
}
