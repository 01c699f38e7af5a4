//! What is known of a code apart from its diagnostics: what it stands for, and a text that gets it.
//!
//! Each code has a file that makes the one value of it, in `code` here and in `riddhi-plan`'s `diagnose`.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::span::Span;

/// A code with what it stands for, as docs/diagnostics.md lists it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The code.
    pub code: Code,
    /// A few words that say what is wrong, in small letters and without a full stop.
    pub meaning: &'static str,
    /// A text that gets the code, on one line. Empty if there is no short one.
    pub example: &'static str,
}

impl Described {
    /// An error of this code.
    pub fn error(&self, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::error(self.code, message, span)
    }

    /// A warning of this code.
    pub fn warning(&self, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::warning(self.code, message, span)
    }

    /// A note of this code.
    pub fn note(&self, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::new(Severity::Note, self.code, message, span)
    }
}
