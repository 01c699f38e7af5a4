//! Diagnostics as text for people and as data for programs.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Help, Severity};
use crate::source::Source;
use crate::span::Span;

/// Diagnostics as text: message, place, the lines with marks under the exact text, notes and help.
///
/// `colours` puts terminal colours in. Diagnostics are separated by an empty line, and the last one ends with a line
/// break.
pub fn render_text(diagnostics: &[Diagnostic], source: &Source, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let shown = diagnostics.iter().map(|d| renderer.render(&[group(d, source)]) + "\n");
    shown.collect::<Vec<_>>().join("\n")
}

/// A diagnostic in the form of the snippet library.
fn group<'a>(diagnostic: &'a Diagnostic, source: &'a Source) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.0);
    let mut group = title.element(snippet(diagnostic, source));
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help_text(help)));
    }
    group
}

/// The lines that the diagnostic touches, with its labels. Only these lines are handed over, so that a long text costs
/// no more than a short one.
fn snippet<'a>(diagnostic: &'a Diagnostic, source: &'a Source) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let spans = diagnostic.secondary.iter().map(|l| l.span);
    let all = spans.fold(diagnostic.primary.span, Span::to);
    let (line, lines) = source.lines(all);
    let within = |span: Span| (span.start - lines.start) as usize..(span.end - lines.start) as usize;
    let text = lines.of(source.text());
    let primary = AnnotationKind::Primary.span(within(diagnostic.primary.span));
    let mut snippet = Snippet::source(text).line_start(line as usize).path(source.name());
    snippet = snippet.annotation(primary.label(diagnostic.primary.text.as_str()));
    for label in &diagnostic.secondary {
        snippet = snippet.annotation(AnnotationKind::Context.span(within(label.span)).label(label.text.as_str()));
    }
    snippet
}

/// The advice; with the new text when that is short and not said already.
fn help_text(help: &Help) -> String {
    match &help.replacement {
        Some(r) if !r.text.trim().is_empty() && !r.text.contains('\n') && !help.text.contains(r.text.trim()) => {
            let quote = if r.text.contains('`') { "" } else { "`" };
            format!("{}: {quote}{}{quote}", help.text, r.text.trim())
        }
        _ => help.text.clone(),
    }
}

/// A diagnostic as data. Lines and columns count from 1, columns in characters; an end is the place after the last
/// character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the text.
    pub file: String,
    /// Where it starts.
    pub line: u32,
    /// Where it starts.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends.
    pub end_column: u32,
    /// The stable code.
    pub code: &'static str,
    /// `error`, `warning` or `note`
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// A few words about the place itself; may be empty.
    pub label: String,
    /// Other places.
    pub related: Vec<Related>,
    /// Details.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// An edit that does it.
    pub replacement: Option<Edit>,
}

/// Another place of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where it starts.
    pub line: u32,
    /// Where it starts.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends.
    pub end_column: u32,
    /// A few words about it.
    pub label: String,
}

/// An edit of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Where the replaced text starts.
    pub line: u32,
    /// Where the replaced text starts.
    pub column: u32,
    /// Where the replaced text ends.
    pub end_line: u32,
    /// Where the replaced text ends.
    pub end_column: u32,
    /// What stands there afterwards.
    pub text: String,
}

impl Report {
    /// The data of a diagnostic about `source`.
    pub fn new(diagnostic: &Diagnostic, source: &Source) -> Report {
        let ends = |span: Span| (source.position(span.start), source.position(span.end));
        let (start, end) = ends(diagnostic.primary.span);
        let related = diagnostic.secondary.iter().map(|label| {
            let (start, end) = ends(label.span);
            Related {
                line: start.line,
                column: start.column,
                end_line: end.line,
                end_column: end.column,
                label: label.text.clone(),
            }
        });
        let replacement = diagnostic.help.as_ref().and_then(|h| h.replacement.as_ref()).map(|r| {
            let (start, end) = ends(r.span);
            let text = r.text.clone();
            Edit { line: start.line, column: start.column, end_line: end.line, end_column: end.column, text }
        });
        Report {
            file: source.name().to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            code: diagnostic.code.0,
            severity: diagnostic.severity.text(),
            message: diagnostic.message.clone(),
            label: diagnostic.primary.text.clone(),
            related: related.collect(),
            notes: diagnostic.notes.clone(),
            help: diagnostic.help.as_ref().map(|h| h.text.clone()),
            replacement,
        }
    }
}
