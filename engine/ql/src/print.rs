//! The canonical text of a tree: one line, single blanks, as few parentheses as keep its meaning, no comments.
//!
//! Every node has it as its `Display`. Parsing the text gives the same tree again, places apart, so it can stand for
//! the node: in EXPLAIN, and hashed, to tell whether a query changed.

mod expr;
mod input;
mod query;
mod statement;

use std::fmt::{self, Display, Formatter};

use crate::lex::Kw;

/// Items with a separator between them.
struct Joined<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for Joined<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (n, item) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(self.1)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// A name, in back-quotes where it could be read as something else.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut bytes = self.0.bytes();
        let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && Kw::of(self.0).is_none_or(harmless);
        match plain {
            true => f.write_str(self.0),
            false => write!(f, "`{}`", self.0),
        }
    }
}

/// A name where no bare keyword can be one.
struct Identifier<'a>(&'a str);

impl Display for Identifier<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match Kw::of(self.0) {
            Some(_) => write!(f, "`{}`", self.0),
            None => Name(self.0).fmt(f),
        }
    }
}

/// Keywords that are common names and are read as such wherever a name is printed.
fn harmless(kw: Kw) -> bool {
    let types = [Kw::String, Kw::Int, Kw::Long, Kw::Float, Kw::Double, Kw::Bool, Kw::Object];
    kw.unit().is_some() || kw == Kw::First || kw == Kw::Last || kw == Kw::Events || types.contains(&kw)
}

/// A string constant in the first form of quotes that can hold it. Every string that can be written can be printed.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let control = self.0.bytes().any(|b| b < 0x20);
        let double = self.0.contains('"');
        let quotes = match (control, double, self.0.contains('\'')) {
            (false, false, false) => "'",
            (false, false, true) => "\"",
            _ => "\"\"\"",
        };
        write!(f, "{quotes}{}{quotes}", self.0)
    }
}

/// A clause that may be missing, with a word before it and a blank before that.
fn optional(f: &mut Formatter<'_>, word: &str, clause: Option<impl Display>) -> fmt::Result {
    match clause {
        Some(clause) => write!(f, " {word}{clause}"),
        None => Ok(()),
    }
}
