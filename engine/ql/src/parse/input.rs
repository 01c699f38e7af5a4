//! A source with its handlers, and calls.

use super::{Parse, Parser};
use crate::ast::{Args, Call, Handler, Scope, Source, StreamInput};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

impl Parser<'_> {
    /// `['#' | '!'] name`
    pub(super) fn source(&mut self, what: &str) -> Parse<Source> {
        let start = self.span();
        let scope = match self.kind() {
            TokenKind::Hash => Scope::Inner,
            TokenKind::Bang => Scope::Fault,
            _ => Scope::Plain,
        };
        if scope != Scope::Plain {
            self.bump();
        }
        if scope == Scope::Plain && self.at_clause() {
            return self.expected(what);
        }
        let name = self.name(what)?;
        Ok(Source { scope, name, span: self.since(start) })
    }

    /// A source whose events go through at most one window.
    pub(super) fn stream_input(&mut self) -> Parse<StreamInput> {
        let input = self.source_and_handlers()?;
        self.one_window(&input.handlers)?;
        Ok(input)
    }

    /// A source with handlers, whatever windows there are.
    pub(super) fn source_and_handlers(&mut self) -> Parse<StreamInput> {
        let start = self.span();
        let source = self.source("a stream")?;
        let mut handlers = Vec::new();
        while self.at(TokenKind::Hash) || self.at(TokenKind::LBracket) {
            handlers.push(self.handler()?);
        }
        Ok(StreamInput { source, handlers, span: self.since(start) })
    }

    fn handler(&mut self) -> Parse<Handler> {
        let start = self.span();
        let hash = self.eat(TokenKind::Hash);
        if self.eat(TokenKind::LBracket) {
            let condition = self.filter_condition();
            return Ok(Handler::Filter(condition?, self.since(start)));
        }
        debug_assert!(hash, "a handler starts with `#` or `[`");
        if self.at_kw(Kw::Window) && self.nth(1) == TokenKind::Dot {
            self.bump();
            self.bump();
            let call = self.call()?;
            return Ok(Handler::Window(call, self.since(start)));
        }
        let mut call = self.call()?;
        call.span = self.since(start);
        Ok(Handler::Function(call))
    }

    /// The condition of a filter with its closing bracket. After a mistake the rest of the query is still looked at.
    fn filter_condition(&mut self) -> Parse<crate::ast::Expr> {
        let condition = self.expression();
        if condition.is_err() {
            if !self.too_deep {
                self.skip_to(|p| p.at(TokenKind::RBracket) || p.resumes_clause());
                self.eat(TokenKind::RBracket);
            }
            return condition;
        }
        if !self.at(TokenKind::RBracket) {
            let error = self.unexpected("an operator or `]`");
            self.report(error);
            self.skip_to(|p| p.at(TokenKind::RBracket) || p.resumes_clause());
            self.eat(TokenKind::RBracket);
            return Err(super::Refused);
        }
        self.bump();
        condition
    }

    /// `[namespace ':'] name '(' arguments ')'`
    pub(super) fn call(&mut self) -> Parse<Call> {
        let start = self.span();
        let mut name = self.name("a function")?;
        let mut namespace = None;
        if self.eat(TokenKind::Colon) {
            namespace = Some(name);
            name = self.name("a function")?;
        }
        if !self.at(TokenKind::LParen) {
            let error = self.unexpected("`(`");
            return self.refuse(error.help(format!("a function needs parentheses: `{name}()`")));
        }
        let args = self.arguments()?;
        Ok(Call { namespace, name, args, span: self.since(start) })
    }

    /// `(a, b)`, `()` or `(*)`
    pub(super) fn arguments(&mut self) -> Parse<Args> {
        self.bump();
        if self.eat(TokenKind::RParen) {
            return Ok(Args::List(Vec::new()));
        }
        if self.at(TokenKind::Star) && self.nth(1) == TokenKind::RParen {
            let star = self.bump();
            self.bump();
            return Ok(Args::Star(star));
        }
        self.bracketed(TokenKind::RParen, Self::expression).map(Args::List)
    }

    pub(super) fn one_window(&mut self, handlers: &[Handler]) -> Parse<()> {
        let mut windows = handlers.iter().filter(|h| matches!(h, Handler::Window(..)));
        match (windows.next(), windows.next()) {
            (Some(first), Some(second)) => self.refuse(diagnose::second_window(first.span(), second.span())),
            _ => Ok(()),
        }
    }

    /// In a join the window comes last.
    pub(super) fn window_last(&mut self, handlers: &[Handler]) -> Parse<()> {
        self.one_window(handlers)?;
        let window = handlers.iter().position(|h| matches!(h, Handler::Window(..)));
        match window.filter(|&n| n + 1 < handlers.len()) {
            Some(n) => self.refuse(diagnose::after_window(handlers[n].span(), handlers[n + 1].span())),
            None => Ok(()),
        }
    }

    /// In patterns and sequences there are no windows.
    pub(super) fn no_window(&mut self, handlers: &[Handler]) -> Parse<()> {
        let window: Option<Span> = handlers.iter().find(|h| matches!(h, Handler::Window(..))).map(Handler::span);
        match window {
            Some(span) => self.refuse(diagnose::window_of_state(span)),
            None => Ok(()),
        }
    }
}
