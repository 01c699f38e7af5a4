//! How troubles are said: in the system's words, each once as long as it lasts, and of many only the first.

use std::io;

use crate::registry::Say;

/// Reports that are shown one by one; further ones are only counted.
const REPORTS_MAX: u64 = 20;

/// The system's words without its error number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(n) => text[..n].to_lowercase(),
        None => text,
    }
}

/// Whether the disk, or what one may use of it, is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A trouble that may last.
#[derive(Default)]
pub(crate) struct Trouble(Option<String>);

impl Trouble {
    /// Says it, unless it is what was said last.
    pub(crate) fn tell(&mut self, trouble: String, say: &Say) {
        if self.0.as_ref() != Some(&trouble) {
            say(&format!("warning: {trouble}"));
            self.0 = Some(trouble);
        }
    }

    /// Ends it; whether there was one.
    pub(crate) fn end(&mut self) -> bool {
        self.0.take().is_some()
    }
}

/// Reports of one kind, in the plural.
pub struct Reports {
    kind: &'static str,
    number: u64,
}

impl Reports {
    /// None yet.
    pub fn of(kind: &'static str) -> Reports {
        Reports { kind, number: 0 }
    }

    /// Shows one, if it is among the first.
    pub fn say(&mut self, say: &dyn Fn(&str), text: impl FnOnce() -> String) {
        self.number += 1;
        match self.number {
            n if n <= REPORTS_MAX => say(&text()),
            n if n == REPORTS_MAX + 1 => say(&format!("note: further {} are counted, not shown", self.kind)),
            _ => {}
        }
    }
}
