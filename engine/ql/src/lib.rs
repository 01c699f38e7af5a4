//! SiddhiQL text to tokens, syntax tree and diagnostics.
//!
//! This crate knows the words and the grammar and nothing of what they mean: no name is resolved and no type is
//! checked here. It does no input or output; a text comes in as a `&str`.

pub mod ast;
#[macro_use]
mod described;
mod diagnose;
mod diagnostic;
mod format;
mod lex;
mod parse;
mod print;
mod render;
mod source;
mod span;
mod substitute;
mod suggest;

pub use described::{Described, EXAMPLE_STREAM, example_app};
pub use diagnose::CODES;
pub use diagnostic::{Code, Diagnostic, Diagnostics, Help, Label, Replacement, Severity};
pub use format::{Unformatted, format};
pub use parse::{Parsed, ParsedOnDemand, parse, parse_expression, parse_on_demand, parse_time};
pub use render::{Edit, Related, Report, render_text};
pub use source::{Position, Source};
pub use span::{Ident, Span, StrLit};
pub use substitute::{Substituted, substitute};
pub use suggest::{nearest, suggest};

/// How deep parentheses, `not`s, annotations and inner queries may be nested. A text that nests deeper gets a
/// diagnostic. An unoptimised build needs 12 KiB of stack a level for nested calls, and threads have 2 MiB.
pub const NESTING_MAX: u32 = 100;

/// How high the tree of one expression may be; a chain `a + b + c + ...` is as high as it is long. Longer ones get a
/// diagnostic, so that whoever walks an expression may recurse.
pub const EXPR_HEIGHT_MAX: u32 = 500;

/// How many mistakes of one text are reported.
const ERRORS_MAX: usize = 100;

/// How long a text may be.
const TEXT_BYTES_MAX: usize = 16 << 20;
