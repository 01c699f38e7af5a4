//! The statements of an app.

use super::{Parse, Parser, Refused};
use crate::ast::{App, Definition, Element};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

/// What a statement turned out to be.
enum Statement {
    Definition(Definition),
    Element(Element),
    /// A single unknown character, which Siddhi lets stand for a statement.
    Nothing,
}

impl Parser<'_> {
    /// The whole text.
    pub(super) fn app(&mut self) -> App {
        let mut app = App { span: Span::new(0, self.text.len() as u32), ..App::default() };
        self.app_head(&mut app);
        let mut definitions_seen = false;
        while !self.at(TokenKind::Eof) {
            if self.at(TokenKind::Semi) {
                self.empty_statement();
                continue;
            }
            self.begin_statement();
            let start = self.span();
            let is_definition = self.at_definition();
            if !is_definition && !definitions_seen {
                self.no_definition(start);
            }
            definitions_seen = true;
            let first_element = app.elements.first().map(element_span);
            match self.statement() {
                Ok(Statement::Definition(definition)) => {
                    if let Some(element) = first_element {
                        self.definition_after(definition.span(), element);
                    }
                    app.definitions.push(definition);
                }
                Ok(Statement::Element(element)) => app.elements.push(element),
                Ok(Statement::Nothing) => {}
                Err(Refused) => self.skip_statement(),
            }
            self.end_statement();
        }
        if !definitions_seen {
            self.no_definition(self.span());
        }
        app
    }

    /// App annotations. Unknown characters may stand among them.
    fn app_head(&mut self, app: &mut App) {
        loop {
            if self.at_app_annotation() {
                match self.app_annotation() {
                    Ok(annotation) => app.annotations.push(annotation),
                    Err(Refused) => {
                        self.skip_to(|p| p.at(TokenKind::At));
                        self.eat(TokenKind::Semi);
                    }
                }
            } else if self.at(TokenKind::Unknown) && !matches!(self.nth(1), TokenKind::Semi | TokenKind::Eof) {
                self.bump();
            } else {
                return;
            }
        }
    }

    pub(super) fn begin_statement(&mut self) {
        self.statement = self.pos;
        self.too_deep = false;
        self.complained = None;
    }

    /// The `;` after a statement.
    pub(super) fn end_statement(&mut self) {
        if self.eat(TokenKind::Semi) || self.at(TokenKind::Eof) {
            return;
        }
        let after = Span::at(self.last_span().end);
        let starts = self.at_statement() || self.at(TokenKind::At) || self.at_kw(Kw::From);
        if !starts {
            let error = self.unexpected("`;`");
            self.report(error);
            self.skip_statement();
            self.eat(TokenKind::Semi);
            return;
        }
        self.report(diagnose::semicolon_missing(self.token_text(), after, self.span()));
    }

    pub(super) fn empty_statement(&mut self) {
        let span = self.span();
        self.begin_statement();
        self.report(diagnose::empty_statement(span));
        self.bump();
    }

    fn no_definition(&mut self, span: Span) {
        self.report(diagnose::no_definition(span));
        self.complained = None;
    }

    fn definition_after(&mut self, definition: Span, element: Span) {
        let head = Span::new(definition.start, definition.start.max(self.head_end(definition)));
        self.report(diagnose::definition_after_query(element, head));
    }

    /// The end of the first token at `span`, to keep a label short.
    fn head_end(&self, span: Span) -> u32 {
        let at = self.tokens.partition_point(|t| t.span.start < span.start);
        self.tokens.get(at).map_or(span.end, |t| t.span.end)
    }

    /// Whether a definition or its stand-in starts here, annotations passed over.
    fn at_definition(&self) -> bool {
        let mut ahead = 0;
        while self.nth(ahead) == TokenKind::At {
            ahead = self.past_annotation(ahead);
        }
        !matches!(self.nth(ahead), TokenKind::Kw(Kw::From | Kw::Partition))
    }

    /// How far an annotation `ahead` reaches, mistakes or not.
    fn past_annotation(&self, mut ahead: usize) -> usize {
        ahead += 2;
        if self.nth(ahead) == TokenKind::Colon {
            ahead += 2;
        }
        if self.nth(ahead) != TokenKind::LParen {
            return ahead;
        }
        let mut open = 0usize;
        loop {
            match self.nth(ahead) {
                TokenKind::LParen => open += 1,
                TokenKind::RParen => open -= 1,
                TokenKind::Semi | TokenKind::Eof => return ahead,
                _ => {}
            }
            ahead += 1;
            if open == 0 {
                return ahead;
            }
        }
    }

    fn statement(&mut self) -> Parse<Statement> {
        if self.at(TokenKind::Unknown) && matches!(self.nth(1), TokenKind::Semi | TokenKind::Eof) {
            self.bump();
            return Ok(Statement::Nothing);
        }
        let start = self.span();
        let annotations = self.annotations()?;
        match self.kind() {
            TokenKind::Kw(Kw::Define) => self.definition(annotations, start).map(Statement::Definition),
            TokenKind::Kw(Kw::From) => {
                let query = self.query(annotations, start)?;
                Ok(Statement::Element(Element::Query(Box::new(query))))
            }
            TokenKind::Kw(Kw::Partition) => {
                self.partition(annotations, start).map(|p| Statement::Element(Element::Partition(p)))
            }
            _ => self.expected_words("`define`, `from` or `partition`", &["define", "from", "partition"]),
        }
    }
}

fn element_span(element: &Element) -> Span {
    match element {
        Element::Query(query) => Span::new(query.span.start, query.input.span().start),
        Element::Partition(partition) => Span::new(partition.span.start, partition.span.start + 1),
    }
}
