//! The statements of an app, annotations, and partitions.

use super::{Parse, Parser, Refused};
use crate::ast::{Annotation, AnnotationElement, App, Definition, Element, Partition, PartitionKey, PartitionKeyKind};
use crate::ast::{PartitionRange, Query};
use crate::code;
use crate::diagnostic::Diagnostic;
use crate::lex::{Kw, TokenKind};
use crate::span::{Ident, Span};

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
                Err(Refused) => self.skip_to(|_| false),
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

    fn begin_statement(&mut self) {
        self.statement = self.pos;
        self.too_deep = false;
        self.complained = None;
    }

    /// The `;` after a statement.
    fn end_statement(&mut self) {
        if self.eat(TokenKind::Semi) || self.at(TokenKind::Eof) {
            return;
        }
        let after = Span::at(self.last_span().end);
        let starts = self.at_statement() || self.at(TokenKind::At) || self.at_kw(Kw::From);
        if !starts {
            let error = self.unexpected("`;`");
            self.report(error);
            self.skip_to(|_| false);
            self.eat(TokenKind::Semi);
            return;
        }
        let message = format!("expected `;` before `{}`", self.token_text());
        let error = Diagnostic::error(code::SEMICOLON_MISSING, message, self.span()).label("a new statement");
        self.report(error.fix("statements are separated by `;`", after, ";"));
    }

    fn empty_statement(&mut self) {
        let span = self.span();
        self.begin_statement();
        let error =
            Self::mistake(code::EMPTY_STATEMENT, "a statement is missing before this `;`", span, "one too many");
        self.report(error.fix("remove it", span, ""));
        self.bump();
    }

    fn no_definition(&mut self, span: Span) {
        let message = "an app needs a definition before its queries";
        let error = Self::mistake(code::NO_DEFINITION, message, span, "nothing is defined before this");
        self.report(error.help("for example `define stream Trades (symbol string, price double);`"));
        self.complained = None;
    }

    fn definition_after(&mut self, definition: Span, element: Span) {
        let message = "a definition cannot stand after a query or partition";
        let head = Span::new(definition.start, definition.start.max(self.head_end(definition)));
        let error = Self::mistake(code::DEFINITION_AFTER_QUERY, message, head, "definition");
        self.report(error.also(element, "the first query or partition").help("move it before the queries"));
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

    fn at_app_annotation(&self) -> bool {
        self.at(TokenKind::At) && self.nth(1) == TokenKind::Kw(Kw::App) && self.nth(2) == TokenKind::Colon
    }

    /// `@app:name('x')`: elements only.
    fn app_annotation(&mut self) -> Parse<Annotation> {
        let start = self.bump();
        self.bump();
        self.bump();
        let name = self.name("the annotation's name")?;
        let (elements, annotations) = self.annotation_body()?;
        if let Some(nested) = annotations.first() {
            let message = "an app annotation cannot contain annotations";
            self.report(Self::mistake(code::ANNOTATION, message, nested.span, "nested annotation"));
        }
        Ok(Annotation { name, elements, annotations: Vec::new(), span: self.since(start) })
    }

    /// All annotations that stand here.
    pub(super) fn annotations(&mut self) -> Parse<Vec<Annotation>> {
        let mut annotations = Vec::new();
        let mut refused = false;
        while self.at(TokenKind::At) {
            if self.at_app_annotation() {
                let span = self.span();
                let message = "app annotations stand before all definitions";
                self.report(Self::mistake(code::APP_ANNOTATION_PLACE, message, span, "app annotation"));
                refused |= self.app_annotation().is_err();
                continue;
            }
            match self.annotation() {
                Ok(annotation) => annotations.push(annotation),
                Err(Refused) if self.too_deep => return Err(Refused),
                Err(Refused) => {
                    refused = true;
                    let starts = |p: &Self| p.at_statement() || p.at_kw(Kw::From) || p.at_kw(Kw::Define);
                    self.skip_to(|p| p.at(TokenKind::At) || starts(p));
                }
            }
        }
        if refused && self.at_statement_end() && !self.at_statement() { Err(Refused) } else { Ok(annotations) }
    }

    fn annotation(&mut self) -> Parse<Annotation> {
        let start = self.bump();
        let name = self.name("the annotation's name")?;
        let (elements, annotations) = self.annotation_body()?;
        Ok(Annotation { name, elements, annotations, span: self.since(start) })
    }

    /// The values and nested annotations in parentheses, if there are any.
    fn annotation_body(&mut self) -> Parse<(Vec<AnnotationElement>, Vec<Annotation>)> {
        let open = self.span();
        if !self.eat(TokenKind::LParen) {
            return Ok(Default::default());
        }
        if self.at(TokenKind::RParen) {
            let span = Span::new(open.start, self.span().end);
            let error = Self::mistake(code::ANNOTATION, "empty parentheses after an annotation", span, "empty");
            self.report(error.fix("leave them out", span, ""));
            self.bump();
            return Ok(Default::default());
        }
        let mut annotations = Vec::new();
        let elements = self.bracketed(TokenKind::RParen, |p| {
            if p.at(TokenKind::At) {
                annotations.push(p.nested(Self::annotation)?);
                return Ok(None);
            }
            p.annotation_element().map(Some)
        })?;
        Ok((elements.into_iter().flatten().collect(), annotations))
    }

    fn annotation_element(&mut self) -> Parse<AnnotationElement> {
        let start = self.span();
        if self.at(TokenKind::Str) && self.nth(1) != TokenKind::Assign {
            let value = self.string("a value")?;
            return Ok(AnnotationElement { key: None, value, span: self.since(start) });
        }
        let key = match self.at(TokenKind::Str) {
            true => {
                let key = self.string("a key")?;
                Ident::new(key.value, key.span)
            }
            false => self.annotation_key()?,
        };
        self.expect(TokenKind::Assign)?;
        if !self.at(TokenKind::Str) {
            return self.no_annotation_value();
        }
        let value = self.string("a value")?;
        Ok(AnnotationElement { key: Some(key), value, span: self.since(start) })
    }

    /// `name { ('.' | '-' | ':') name }`
    fn annotation_key(&mut self) -> Parse<Ident> {
        if !self.kind().is_name() && !matches!(self.kind(), TokenKind::Broken | TokenKind::Unknown) {
            return self.no_annotation_value();
        }
        let mut key = self.name("a key or a string")?;
        while matches!(self.kind(), TokenKind::Dot | TokenKind::Minus | TokenKind::Colon) {
            key.name.push_str(self.token_text());
            self.bump();
            key.name.push_str(&self.name("the rest of the key")?.name);
        }
        key.span = self.since(key.span);
        Ok(key)
    }

    fn no_annotation_value<T>(&mut self) -> Parse<T> {
        let span = self.span();
        let error = self.unexpected("a string");
        let error = Diagnostic { code: code::ANNOTATION, ..error };
        if matches!(self.kind(), TokenKind::Comma | TokenKind::RParen | TokenKind::Eof | TokenKind::Semi) {
            return self.refuse(error);
        }
        let quoted = format!("'{}'", self.token_text());
        self.refuse(error.fix("the values of an annotation are strings", span, quoted))
    }

    /// `partition with (...) begin ... end`
    fn partition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<Partition> {
        self.bump();
        let keys = self.partition_head();
        if keys.is_err() {
            self.skip_to(|p| p.at_kw(Kw::Begin));
        }
        let begin = self.expect_kw(Kw::Begin)?;
        let queries = self.partition_body(begin);
        Ok(Partition { annotations, keys: keys?, queries: queries?, span: self.since(start) })
    }

    fn partition_head(&mut self) -> Parse<Vec<PartitionKey>> {
        self.expect_kw(Kw::With)?;
        self.expect(TokenKind::LParen)?;
        self.bracketed(TokenKind::RParen, Self::partition_key)
    }

    fn partition_key(&mut self) -> Parse<PartitionKey> {
        let start = self.span();
        let expr = self.expression()?;
        let kind = match self.at_kw(Kw::As) {
            true => PartitionKeyKind::Ranges(self.partition_ranges(expr)?),
            false => PartitionKeyKind::Value(expr),
        };
        if !self.at_kw(Kw::Of) {
            let error = self.unexpected("`of` and the stream");
            return self.refuse(error.help("for example `partition with (symbol of Trades)`"));
        }
        self.bump();
        let stream = self.name("the stream")?;
        Ok(PartitionKey { kind, stream, span: self.since(start) })
    }

    fn partition_ranges(&mut self, mut condition: crate::ast::Expr) -> Parse<Vec<PartitionRange>> {
        let mut ranges = Vec::new();
        loop {
            self.expect_kw(Kw::As)?;
            let label = self.string("a label in quotes")?;
            ranges.push(PartitionRange { condition, label });
            if !self.eat_kw(Kw::Or) {
                return Ok(ranges);
            }
            condition = self.expression()?;
        }
    }

    /// The queries up to `end`.
    fn partition_body(&mut self, begin: Span) -> Parse<Vec<Query>> {
        let mut queries = Vec::new();
        let mut refused = false;
        let mut any = false;
        loop {
            if self.at_partition_end() || (self.at_kw(Kw::End) && !any) {
                break;
            }
            if self.at(TokenKind::Eof) {
                let error = self.unexpected("`end`").also(begin, "the partition begins here");
                return self.refuse(error);
            }
            if self.at(TokenKind::Semi) {
                self.empty_statement();
                continue;
            }
            any = true;
            self.begin_statement();
            match self.partition_statement() {
                Ok(query) => queries.extend(query),
                Err(Refused) => {
                    refused = true;
                    self.skip_to(Self::at_partition_end);
                }
            }
            if !self.at_kw(Kw::End) {
                self.end_statement();
            }
        }
        let end = self.bump();
        if !any {
            let error = Self::mistake(code::EMPTY_PARTITION, "a partition needs a query", begin.to(end), "no query");
            self.report(error);
        }
        if refused { Err(Refused) } else { Ok(queries) }
    }

    /// A query; none for a single unknown character.
    fn partition_statement(&mut self) -> Parse<Option<Query>> {
        if self.at(TokenKind::Unknown) && (self.nth(1) == TokenKind::Semi || self.nth(1) == TokenKind::Kw(Kw::End)) {
            self.bump();
            return Ok(None);
        }
        let start = self.span();
        let annotations = self.annotations()?;
        let what = match self.kind() {
            TokenKind::Kw(Kw::From) => return self.query(annotations, start).map(Some),
            TokenKind::Kw(Kw::Define) => "a definition",
            TokenKind::Kw(Kw::Partition) => "a partition",
            _ => return self.expected_words("a query", &["from", "end"]),
        };
        let message = format!("{what} cannot stand in a partition");
        let error = Diagnostic::error(code::IN_PARTITION, message, self.span()).label("only queries here");
        self.report(error);
        if self.at_kw(Kw::Define) {
            self.definition(annotations, start)?;
        } else {
            self.nested(|p| p.partition(annotations, start))?;
        }
        Ok(None)
    }
}

fn element_span(element: &Element) -> Span {
    match element {
        Element::Query(query) => Span::new(query.span.start, query.input.span().start),
        Element::Partition(partition) => Span::new(partition.span.start, partition.span.start + 1),
    }
}
