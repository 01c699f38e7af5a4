//! What other crates call.

use super::{Parse, Parser, Role};
use crate::ast::{App, Expr, OnDemand, TimeValue};
use crate::diagnose;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lex::{Token, TokenKind};
use crate::span::Span;
use crate::{ERRORS_MAX, TEXT_BYTES_MAX};

/// An app as far as it was understood.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// What was understood. It is the whole app when there are no diagnostics; otherwise definitions and queries with
    /// mistakes are missing, so names that seem undefined may not be.
    pub app: App,
    /// The mistakes, in the order of their places. All are errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// An on-demand query, or why there is none.
#[derive(Clone, Debug, Default)]
pub struct ParsedOnDemand {
    /// The query; none when there are diagnostics.
    pub query: Option<OnDemand>,
    /// The mistakes, in the order of their places. All are errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses an app. Variables `${x}` are to be substituted before (see [`crate::substitute`]).
///
/// ```
/// let parsed = riddhi_ql::parse("define stream S (a int); from S[a > 5] select a insert into Out;");
/// assert!(parsed.diagnostics.is_empty());
/// assert_eq!(parsed.app.elements.len(), 1);
/// ```
pub fn parse(text: &str) -> Parsed {
    if let Some(error) = too_long(text) {
        return Parsed { app: App::default(), diagnostics: vec![error] };
    }
    let mut parser = Parser::new(text);
    let app = parser.app();
    Parsed { app, diagnostics: parser.finish() }
}

/// A text without mistakes, with all that its tree leaves out.
pub(crate) struct Marked {
    pub app: App,
    /// With the last one, which is the end.
    pub tokens: Vec<Token>,
    /// Of each token.
    pub roles: Vec<Role>,
    /// In order.
    pub comments: Vec<Span>,
}

/// Parses an app whose text itself is of interest.
pub(crate) fn parse_marked(text: &str) -> Result<Marked, Vec<Diagnostic>> {
    if let Some(error) = too_long(text) {
        return Err(vec![error]);
    }
    let mut parser = Parser::new(text);
    let app = parser.app();
    if !parser.diagnostics.is_empty() {
        return Err(parser.finish());
    }
    let Parser { tokens, roles, comments, .. } = parser;
    Ok(Marked { app, tokens, roles, comments })
}

/// Parses an on-demand query.
pub fn parse_on_demand(text: &str) -> ParsedOnDemand {
    match whole(text, |p| p.on_demand()) {
        Ok(query) => ParsedOnDemand { query: Some(query), diagnostics: Vec::new() },
        Err(diagnostics) => ParsedOnDemand { query: None, diagnostics },
    }
}

/// Parses a single expression, as the argument of the `expression` windows is.
pub fn parse_expression(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    whole(text, |p| p.expression())
}

/// Parses a single time value such as `1 hour 20 min`, as the elements of `@app:playback` are.
pub fn parse_time(text: &str) -> Result<TimeValue, Vec<Diagnostic>> {
    whole(text, |p| p.time_value())
}

/// Parses all of `text` as one thing.
fn whole<T>(text: &str, parse: impl FnOnce(&mut Parser) -> Parse<T>) -> Result<T, Vec<Diagnostic>> {
    if let Some(error) = too_long(text) {
        return Err(vec![error]);
    }
    let mut parser = Parser::new(text);
    let result = parse(&mut parser);
    if result.is_ok() && !parser.at(TokenKind::Eof) {
        let error = parser.unexpected("the end of the text");
        parser.report(error);
    }
    match (result, parser.finish()) {
        (Ok(value), diagnostics) if diagnostics.is_empty() => Ok(value),
        (_, diagnostics) => Err(diagnostics),
    }
}

fn too_long(text: &str) -> Option<Diagnostic> {
    (text.len() > TEXT_BYTES_MAX).then(|| diagnose::text_size(text.len()))
}

impl Parser<'_> {
    /// The mistakes in order, and of too many the first ones.
    fn finish(self) -> Vec<Diagnostic> {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(self.diagnostics);
        let mut diagnostics = diagnostics.into_sorted();
        if let Some(next) = diagnostics.get(ERRORS_MAX) {
            let error = diagnose::too_many(next.primary.span);
            diagnostics.truncate(ERRORS_MAX);
            diagnostics.push(error);
        }
        diagnostics
    }
}
