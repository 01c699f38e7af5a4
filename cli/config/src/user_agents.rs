//! Patterns that tell what a user agent is: `regexes.yaml`, as the project uap-core keeps it.

use riddhi_ql::{Diagnostics, Source};

use crate::yaml::{self, Node, Value};

/// Bytes of a file at most.
pub const PATTERNS_BYTES_MAX: usize = 4 << 20;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As a regular expression.
    pub regex: String,
    /// The family of what it is found in; groups of the pattern may stand in it as `$1`. Else it is the first group.
    pub replacement: Option<String>,
    /// Whether upper and lower case are the same to it.
    pub ignores_case: bool,
}

/// All patterns, in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAgents {
    /// Of browsers.
    pub browsers: Vec<Pattern>,
    /// Of operating systems.
    pub systems: Vec<Pattern>,
    /// Of devices.
    pub devices: Vec<Pattern>,
}

impl UserAgents {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// What is wrong, with its line.
    pub fn read(bytes: &[u8]) -> Result<UserAgents, String> {
        if bytes.len() > PATTERNS_BYTES_MAX {
            return Err(format!("it has {} bytes; at most {PATTERNS_BYTES_MAX} are read", bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let source = Source::new("", text);
        let mut diagnostics = Diagnostics::new();
        let Some(tree) = yaml::parse(text, &mut diagnostics) else {
            let first = diagnostics.into_sorted().into_iter().next();
            return Err(first.map_or_else(
                || "it is not YAML".to_owned(),
                |d| format!("line {}: {}", source.position(d.primary.span.start).line, d.message),
            ));
        };
        let at = |node: &Node, what: &str| format!("line {}: {what}", source.position(node.span.start).line);
        let Value::Map(lists) = &tree.value else {
            return Err(at(&tree, "no `user_agent_parsers`, `os_parsers` and `device_parsers` stand here"));
        };
        let list = |key: &str, replacement: &str| {
            let Some(entry) = lists.iter().find(|entry| entry.key == key) else { return Ok(Vec::new()) };
            match &entry.node.value {
                Value::Null => Ok(Vec::new()),
                Value::List(all) => {
                    all.iter().map(|node| pattern(node, replacement).map_err(|what| at(node, what))).collect()
                }
                _ => Err(at(&entry.node, "a list of patterns is needed here")),
            }
        };
        let found = UserAgents {
            browsers: list("user_agent_parsers", "family_replacement")?,
            systems: list("os_parsers", "os_replacement")?,
            devices: list("device_parsers", "device_replacement")?,
        };
        if found == UserAgents::default() {
            return Err("it has no `user_agent_parsers`, `os_parsers` or `device_parsers`".to_owned());
        }
        Ok(found)
    }
}

fn pattern(node: &Node, replacement: &str) -> Result<Pattern, &'static str> {
    let Value::Map(entries) = &node.value else { return Err("a pattern with its `regex` is needed here") };
    let text = |key: &str| match entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node.value) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Scalar(text)) => Ok(Some(text.clone())),
        Some(_) => Err("its values must be texts"),
    };
    let ignores_case = match text("regex_flag")?.as_deref() {
        None => false,
        Some("i") => true,
        Some(_) => return Err("the only `regex_flag` there is, is `i`"),
    };
    let regex = text("regex")?.ok_or("a pattern without `regex`")?;
    Ok(Pattern { regex, replacement: text(replacement)?, ignores_case })
}
