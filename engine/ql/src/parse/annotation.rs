//! Annotations, and app annotations, which are less.

use super::{Parse, Parser, Refused, Role};
use crate::ast::{Annotation, AnnotationElement};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::{Ident, Span};

impl Parser<'_> {
    pub(super) fn at_app_annotation(&self) -> bool {
        self.at(TokenKind::At) && self.nth(1) == TokenKind::Kw(Kw::App) && self.nth(2) == TokenKind::Colon
    }

    /// `@app:name('x')`: elements only.
    pub(super) fn app_annotation(&mut self) -> Parse<Annotation> {
        let start = self.bump();
        self.bump();
        self.bump();
        let name = self.name("the annotation's name")?;
        let (elements, annotations) = self.annotation_body()?;
        if let Some(nested) = annotations.first() {
            self.report(diagnose::nested_annotation(nested.span));
        }
        Ok(Annotation { name, elements, annotations: Vec::new(), span: self.since(start) })
    }

    /// All annotations that stand here.
    pub(super) fn annotations(&mut self) -> Parse<Vec<Annotation>> {
        let mut annotations = Vec::new();
        let mut refused = false;
        while self.at(TokenKind::At) {
            if self.at_app_annotation() {
                self.report(diagnose::app_annotation_place(self.span()));
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
            self.report(diagnose::empty_annotation(span));
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
            self.mark(Role::Joint);
            self.bump();
            key.name.push_str(&self.name("the rest of the key")?.name);
        }
        key.span = self.since(key.span);
        Ok(key)
    }

    fn no_annotation_value<T>(&mut self) -> Parse<T> {
        let missing = matches!(self.kind(), TokenKind::Comma | TokenKind::RParen | TokenKind::Eof | TokenKind::Semi);
        let written = (!missing).then(|| self.token_text());
        self.refuse(diagnose::annotation_value(self.unexpected("a string"), written, self.span()))
    }
}
