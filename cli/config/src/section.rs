//! Typed reading of the tree: what is asked for is what exists.
//!
//! A [`Section`] is a map of the file, or the place where it would be. Each key that is asked for becomes known; what is left at
//! [`Section::end`] is unknown and gets a warning with the nearest known key. Each value may come from an environment variable
//! instead, whose name follows from the key's path as in the product: `WSO2_CARBON__PORTS_OFFSET`.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use riddhi_ql::{Diagnostic, Diagnostics, Span, suggest};

use crate::code;
use crate::environment::Environment;
use crate::model::{Unused, Why};
use crate::placeholder::filled;
use crate::yaml::{Entry, Node, Value};

/// What all readers share.
pub(crate) struct Cx<'e> {
    pub environment: &'e Environment,
    pub diagnostics: Diagnostics,
    pub unused: Vec<Unused>,
    /// Environment variables that were looked at and are set.
    pub variables: BTreeSet<String>,
}

impl Cx<'_> {
    /// A value with its placeholders filled in; none if that cannot be, which is told.
    fn filled(&mut self, text: &str, span: Span) -> Option<String> {
        match filled(text, self.environment, span) {
            Ok(text) => Some(text),
            Err(told) => {
                self.diagnostics.push(*told);
                None
            }
        }
    }

    pub fn error(&mut self, code: riddhi_ql::Code, message: impl Into<String>, span: Span, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, message, span).help(help));
    }

    pub fn warning(&mut self, code: riddhi_ql::Code, message: impl Into<String>, span: Span, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(code, message, span).help(help));
    }
}

/// A value as text, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub text: String,
    pub span: Span,
    /// The environment variable that gave it.
    pub variable: Option<String>,
}

impl Found {
    /// The diagnostic with a note if the value does not stand in the file.
    pub fn told(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.variable {
            Some(name) => diagnostic.note(format!("the value is that of the environment variable {name}")),
            None => diagnostic,
        }
    }
}

/// A map of the file that is being read.
pub(crate) struct Section<'n> {
    entries: &'n [Entry],
    taken: Vec<bool>,
    known: Vec<&'static str>,
    /// Where it stands; of one that is not there, where it would.
    pub span: Span,
    /// Whether it stands in the file.
    pub written: bool,
    /// As people write it: `wso2.carbon: ports`.
    pub path: String,
    /// What the names of overriding variables begin with: `WSO2_CARBON__PORTS`.
    prefix: String,
}

impl<'n> Section<'n> {
    /// The whole file.
    pub fn root(node: &'n Node, cx: &mut Cx) -> Section<'n> {
        let entries = entries_of(node, "the file", cx);
        Section::over(entries, Span::at(node.span.start), true, String::new(), String::new())
    }

    fn over(entries: &'n [Entry], span: Span, written: bool, path: String, prefix: String) -> Section<'n> {
        Section { entries, taken: vec![false; entries.len()], known: Vec::new(), span, written, path, prefix }
    }

    /// The entry of a key, which is known from now on.
    fn take(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.known.push(key);
        let at = self.entries.iter().position(|e| e.key == key)?;
        self.taken[at] = true;
        Some(&self.entries[at])
    }

    /// Whether a key stands in the file.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.key == key)
    }

    /// Whether a key stands in the file and is a section.
    pub fn is_section(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.key == key && matches!(e.node.value, Value::Map(_)))
    }

    /// The place of a key's value; of a key that is not there, the section's.
    pub fn span_of(&self, key: &str) -> Span {
        self.entries.iter().find(|e| e.key == key).map_or(self.span, |e| e.node.span)
    }

    /// Says what the names of overriding variables begin with, where the file's own keys stand at its top.
    pub fn call(&mut self, prefix: &str) {
        self.prefix = prefix.to_owned();
    }

    /// Words to suggest for unknown keys.
    pub fn know(&mut self, keys: &[&'static str]) {
        self.known.extend_from_slice(keys);
    }

    fn path_of(&self, key: &str) -> String {
        match (self.path.is_empty(), self.path.contains(':')) {
            (true, _) => key.to_owned(),
            (false, false) => format!("{}: {key}", self.path),
            (false, true) => format!("{}.{key}", self.path),
        }
    }

    /// The override of a key: two underscores after the namespace, one between the keys below.
    fn variable_of(&self, key: &str) -> String {
        let word = word(key);
        match (self.prefix.is_empty(), self.prefix.contains("__")) {
            (true, _) => word,
            (false, false) => format!("{}__{word}", self.prefix),
            (false, true) => format!("{}_{word}", self.prefix),
        }
    }

    /// A section below; if it is not there, an empty one.
    pub fn section(&mut self, key: &'static str, cx: &mut Cx) -> Section<'n> {
        let (path, prefix) = (self.path_of(key), self.variable_of(key));
        match self.take(key) {
            Some(entry) => {
                let entries = entries_of(&entry.node, &path, cx);
                let written = !matches!(entry.node.value, Value::Null);
                Section::over(entries, entry.key_span, written, path, prefix)
            }
            None => Section::over(&[], self.span, false, path, prefix),
        }
    }

    /// Whether it stands in the file or is overridden from outside.
    pub fn is_there(&self, cx: &Cx) -> bool {
        let with = if self.prefix.contains("__") { format!("{}_", self.prefix) } else { format!("{}__", self.prefix) };
        self.written
            || cx.environment.variables.range(with.clone()..).next().is_some_and(|(name, _)| name.starts_with(&with))
    }

    /// A text, a number or a flag, from the environment or else from the file.
    pub fn text(&mut self, key: &'static str, cx: &mut Cx) -> Option<Found> {
        let (path, variable) = (self.path_of(key), self.variable_of(key));
        let entry = self.take(key);
        if let Some(text) = cx.environment.variables.get(&variable).filter(|_| !self.prefix.is_empty()) {
            cx.variables.insert(variable.clone());
            let span = entry.map_or(self.span, |e| e.key_span);
            return Some(Found { text: text.clone(), span, variable: Some(variable) });
        }
        let node = &entry?.node;
        match &node.value {
            Value::Scalar(text) => Some(Found { text: cx.filled(text, node.span)?, span: node.span, variable: None }),
            Value::Null => None,
            Value::List(_) | Value::Map(_) => {
                cx.error(code::KIND, format!("`{path}` is one value"), node.span, "write it on the line of its key");
                None
            }
        }
    }

    /// A text that is needed and not empty.
    pub fn required(&mut self, key: &'static str, help: &str, cx: &mut Cx) -> Option<Found> {
        let errors = cx.diagnostics.len();
        let found = self.text(key, cx).filter(|f| !f.text.trim().is_empty());
        if found.is_none() && cx.diagnostics.len() == errors {
            cx.error(code::MISSING, format!("`{}` is needed", self.path_of(key)), self.span, help);
        }
        found
    }

    /// A number within a range.
    pub fn number<T>(&mut self, key: &'static str, range: RangeInclusive<T>, cx: &mut Cx) -> Option<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let found = self.text(key, cx)?;
        let path = self.path_of(key);
        let (low, high) = (range.start(), range.end());
        let help = format!("give a number from {low} to {high}");
        let digits = found.text.trim();
        let told = match digits.parse::<T>() {
            Ok(n) if range.contains(&n) => return Some(n),
            Err(_) if digits.parse::<f64>().is_err() => {
                Diagnostic::error(code::KIND, format!("`{path}` is a number"), found.span)
            }
            _ => Diagnostic::error(code::RANGE, format!("`{path}` is outside of its range"), found.span),
        };
        cx.diagnostics.push(found.told(told.help(help)));
        None
    }

    /// A flag, in any of YAML's words for it.
    pub fn flag(&mut self, key: &'static str, cx: &mut Cx) -> Option<bool> {
        let found = self.text(key, cx)?;
        match found.text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                let told =
                    Diagnostic::error(code::KIND, format!("`{}` is true or false", self.path_of(key)), found.span);
                cx.diagnostics.push(found.told(told.help("write true or false")));
                None
            }
        }
    }

    /// One of several words; case is not counted.
    pub fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)], cx: &mut Cx) -> Option<T> {
        let found = self.text(key, cx)?;
        let word = found.text.trim();
        if let Some((_, value)) = words.iter().find(|(w, _)| w.eq_ignore_ascii_case(word)) {
            return Some(*value);
        }
        let all: Vec<&str> = words.iter().map(|w| w.0).collect();
        let message = format!("`{}` is one of {}", self.path_of(key), all.join(", "));
        let help = match suggest(word, all.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("write {}", all.join(" or ")),
        };
        cx.diagnostics.push(found.told(Diagnostic::error(code::CHOICE, message, found.span).help(help)));
        None
    }

    /// Bytes, as a number or with KiB, MiB, GiB, TiB.
    pub fn bytes(&mut self, key: &'static str, range: RangeInclusive<u64>, cx: &mut Cx) -> Option<u64> {
        let found = self.text(key, cx)?;
        let text = found.text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        let shift = match &*text[digits.len()..].trim().to_ascii_lowercase() {
            "" | "b" => Some(0),
            "kib" | "k" => Some(10),
            "mib" | "m" => Some(20),
            "gib" | "g" => Some(30),
            "tib" | "t" => Some(40),
            _ => None,
        };
        let bytes = digits.parse::<u64>().ok().zip(shift).and_then(|(n, shift)| n.checked_mul(1 << shift));
        let help = format!("give bytes from {} to {}, for example 512 MiB or 8 GiB", range.start(), range.end());
        let told = match bytes {
            Some(n) if range.contains(&n) => return Some(n),
            Some(_) => {
                Diagnostic::error(code::RANGE, format!("`{}` is outside of its range", self.path_of(key)), found.span)
            }
            None => Diagnostic::error(code::KIND, format!("`{}` is a number of bytes", self.path_of(key)), found.span),
        };
        cx.diagnostics.push(found.told(told.help(help)));
        None
    }

    /// A list of sections.
    pub fn list(&mut self, key: &'static str, cx: &mut Cx) -> Vec<Section<'n>> {
        let (path, prefix) = (self.path_of(key), self.variable_of(key));
        let Some(entry) = self.take(key) else { return Vec::new() };
        let nodes = match &entry.node.value {
            Value::List(nodes) => nodes,
            Value::Null => return Vec::new(),
            Value::Scalar(_) | Value::Map(_) => {
                let help = "begin each of its entries with `- `";
                cx.error(code::KIND, format!("`{path}` is a list"), entry.node.span, help);
                return Vec::new();
            }
        };
        let mut sections = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let number = number_of(node, i, &prefix, cx);
            let entries = entries_of(node, &path, cx);
            let span = entries.first().map_or(node.span, |e| e.key_span);
            sections.push(Section::over(entries, span, true, path, format!("{prefix}_{number}")));
        }
        sections
    }

    /// One text or a list of them.
    pub fn texts(&mut self, key: &'static str, cx: &mut Cx) -> Vec<Found> {
        let list = self.entries.iter().find(|e| e.key == key).map(|e| &e.node.value);
        let Some(Value::List(nodes)) = list else { return self.text(key, cx).into_iter().collect() };
        self.take(key);
        let mut found = Vec::new();
        for node in nodes {
            match &node.value {
                Value::Scalar(text) => {
                    let text = cx.filled(text, node.span);
                    found.extend(text.map(|text| Found { text, span: node.span, variable: None }));
                }
                Value::Null => {}
                Value::List(_) | Value::Map(_) => {
                    cx.error(
                        code::KIND,
                        format!("`{}` is a list of texts", self.path_of(key)),
                        node.span,
                        "write each as one value",
                    );
                }
            }
        }
        found
    }

    /// All keys with their values as text, for sections whose keys are free.
    pub fn free(&mut self, cx: &mut Cx) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(self.entries.len());
        for (i, entry) in self.entries.iter().enumerate() {
            self.taken[i] = true;
            let variable = self.variable_of(&entry.key);
            if let Some(text) = cx.environment.variables.get(&variable) {
                cx.variables.insert(variable);
                all.push((entry.key.clone(), text.clone()));
                continue;
            }
            match &entry.node.value {
                Value::Scalar(text) => {
                    let text = cx.filled(text, entry.node.span);
                    all.extend(text.map(|text| (entry.key.clone(), text)));
                }
                Value::Null => all.push((entry.key.clone(), String::new())),
                Value::List(_) | Value::Map(_) => {
                    let message = format!("`{}` is one value", self.path_of(&entry.key));
                    cx.error(code::KIND, message, entry.node.span, "write it on the line of its key");
                }
            }
        }
        all
    }

    /// Keys that are known and have no effect; those that stand there are remembered for the start-up line.
    pub fn unused(&mut self, keys: &[&'static str], why: Why, cx: &mut Cx) {
        for key in keys {
            if let Some(entry) = self.take(key) {
                cx.unused.push(Unused { path: self.path_of(key), span: entry.key_span, why });
            }
        }
    }

    /// Refuses a key by name if it stands there with a value.
    pub fn refused(&mut self, key: &'static str, what: &str, help: &str, cx: &mut Cx) {
        if let Some(entry) = self.take(key).filter(|e| !matches!(e.node.value, Value::Null)) {
            cx.error(code::UNSUPPORTED, format!("`{}`: {what}", self.path_of(key)), entry.key_span, help);
        }
    }

    /// All has been asked for: warns about what is left.
    pub fn end(self, cx: &mut Cx) {
        for (entry, _) in self.entries.iter().zip(&self.taken).filter(|(_, taken)| !**taken) {
            let message = format!("`{}` is not known and has no effect", self.path_of(&entry.key));
            let told = Diagnostic::warning(code::UNKNOWN_KEY, message, entry.key_span);
            cx.diagnostics.push(match suggest(&entry.key, self.known.iter().copied()) {
                Some(near) => told.fix(format!("did you mean `{near}`?"), entry.key_span, near),
                None if self.known.is_empty() => told.help("take it out"),
                None => told.help(format!("known here: {}", self.known.join(", "))),
            });
        }
    }
}

/// The entries of a node that should be a map.
fn entries_of<'n>(node: &'n Node, path: &str, cx: &mut Cx) -> &'n [Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        Value::Null => &[],
        Value::Scalar(_) | Value::List(_) => {
            let message = if path == "the file" {
                "the file is no map of keys".to_owned()
            } else {
                format!("`{path}` is a section")
            };
            cx.error(code::KIND, message, node.span, "write `key: value` lines below it, indented by two spaces");
            &[]
        }
    }
}

/// A key as part of a variable's name.
fn word(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The number by which variables name an element of a list. As in the product they say which one they mean by its `id` or
/// `name`, or by the field that `..._UNIQUE` names: `..._LISTENERCONFIGURATIONS_7_ID=default`. Else it is the element's place.
fn number_of(node: &Node, place: usize, prefix: &str, cx: &mut Cx) -> usize {
    let Value::Map(entries) = &node.value else { return place };
    let with = format!("{prefix}_");
    let mut found = None;
    let mut used = Vec::new();
    for (name, value) in cx.environment.variables.range(with.clone()..).take_while(|(name, _)| name.starts_with(&with))
    {
        let Some((number, field)) = name[with.len()..].split_once('_') else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        let unique = cx.environment.variables.get(&format!("{with}{number}_UNIQUE"));
        let names = match unique {
            Some(unique) => word(unique) == field,
            None => matches!(field, "ID" | "NAME"),
        };
        if names
            && entries.iter().any(|e| word(&e.key) == field && matches!(&e.node.value, Value::Scalar(s) if s == value))
        {
            found = Some(number);
            used.push(name.clone());
            used.extend(unique.map(|_| format!("{with}{number}_UNIQUE")));
        }
    }
    cx.variables.extend(used);
    found.unwrap_or(place)
}
