//! What is known of a code apart from its diagnostics: what it stands for, and a text that gets it.
//!
//! Each code has a file that describes it: in `diagnose` here, and in `diagnose` of `riddhi-plan`. The macros of these files
//! are here, for both: a code is described with an example and what is shown for it, or it is not described.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::span::Span;

/// What stands before the examples.
pub const EXAMPLE_STREAM: &str = "define stream S (symbol string, price double, volume long, n int, on bool);";

/// A code with what it stands for, as docs/diagnostics.md lists it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The code.
    pub code: Code,
    /// A few words that say what is wrong, in small letters and without a full stop.
    pub meaning: &'static str,
    /// A text that gets the code, on one line; see [`Described::app`]. Empty if there is no short one.
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

    /// The example as an app.
    pub fn app(&self) -> String {
        example_app(self.example)
    }
}

/// An example with [`EXAMPLE_STREAM`] before it, unless it begins with `@app:`, which nothing can stand before.
pub fn example_app(example: &str) -> String {
    match example.starts_with("@app:") {
        true => example.to_owned(),
        false => format!("{EXAMPLE_STREAM}\n{example}"),
    }
}

/// `code! { R0101, "what it stands for", "an example", @"what is shown for the example" }`, the code of a file. One that no
/// short text gets names its test instead: `code! { R0305, "what it stands for", shown by a_test }`.
#[doc(hidden)]
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "each crate tries its examples itself")]
macro_rules! code {
    ($code:ident, $meaning:literal, $example:literal, @$shown:literal) => {
        pub(super) const CODE: $crate::Described =
            $crate::Described { code: $crate::Code(stringify!($code)), meaning: $meaning, example: $example };

        #[cfg(test)]
        #[test]
        fn example() {
            insta::assert_snapshot!(crate::diagnose::testing::example(&CODE), @$shown);
        }
    };
    ($code:ident, $meaning:literal, shown by $test:ident) => {
        pub(super) const CODE: $crate::Described =
            $crate::Described { code: $crate::Code(stringify!($code)), meaning: $meaning, example: "" };

        #[cfg(test)]
        const _: fn() = $test;
    };
}

/// `also! { a_name, "a further text", @"all that is shown for it" }`
#[doc(hidden)]
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "each crate tries its examples itself")]
macro_rules! also {
    ($name:ident, $text:literal, @$shown:literal) => {
        #[cfg(test)]
        #[test]
        fn $name() {
            insta::assert_snapshot!(crate::diagnose::testing::told($text), @$shown);
        }
    };
}

/// The files of a family: what finds the mistakes calls their functions, and `CODES` lists their codes.
#[doc(hidden)]
#[macro_export]
macro_rules! family {
    ($($file:ident,)+) => {
        $(pub(crate) use $file::*;)+

        /// All codes of the family, in order.
        pub const CODES: &[$crate::Described] = &[$($file::CODE),+];
    };
}
