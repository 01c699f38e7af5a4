//! Going on after a mistake.
//!
//! What is passed over ends at the next `;` in any case, so that a forgotten bracket costs one statement.

use super::{Parse, Parser, Refused};
use crate::lex::{Kw, TokenKind};

impl Parser<'_> {
    /// Passes over tokens, brackets in pairs, up to the first one outside of brackets where `stop` holds, or to the
    /// end of the statement.
    pub(super) fn skip_to(&mut self, stop: impl Fn(&Self) -> bool) {
        let mut open = 0usize;
        while !self.at_statement_end() && (open > 0 || !stop(self)) {
            match self.kind() {
                TokenKind::LParen | TokenKind::LBracket => open += 1,
                TokenKind::RParen | TokenKind::RBracket => open = open.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
    }

    /// Passes over the rest of a statement. Its `;` may be missing: an annotation, or a `from` that begins a line, is
    /// taken for the next statement, unless an aggregation is being defined.
    pub(super) fn skip_statement(&mut self) {
        let defines = self.tokens[self.statement..self.pos].iter().any(|t| t.kind == TokenKind::Kw(Kw::Define));
        let first = self.statement;
        let from = |p: &Self| p.at_kw(Kw::From) && p.begins_line() && !defines;
        self.skip_to(|p| p.pos > first && (p.at(TokenKind::At) || from(p) || p.at_partition_end()));
    }

    /// Whether only white space and comments stand before the token on its line.
    fn begins_line(&self) -> bool {
        let between = self.last_span().end as usize..self.span().start as usize;
        self.text[between].contains('\n')
    }

    /// `item { ',' item } close`, the opening bracket being passed. A bad item is reported and the next one read.
    pub(super) fn bracketed<T>(
        &mut self,
        close: TokenKind,
        mut item: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<Vec<T>> {
        let mut items = Vec::new();
        let mut refused = false;
        loop {
            match item(self) {
                Ok(item) if self.at(TokenKind::Comma) || self.at(close) => items.push(item),
                Ok(_) => {
                    let error = self.unexpected(&format!("`,` or {}", close.text()));
                    self.report(error);
                    refused = true;
                }
                Err(Refused) => refused = true,
            }
            if refused && !self.too_deep {
                self.skip_to(|p| p.at(TokenKind::Comma) || p.at(close));
            }
            if self.too_deep || !self.eat(TokenKind::Comma) {
                break;
            }
        }
        if refused {
            // The bracket is part of what was refused; without it the clause that follows would not be seen.
            self.eat(close);
            return Err(Refused);
        }
        self.expect(close)?;
        Ok(items)
    }

    /// `item { ',' item }` up to the next clause. A bad item is reported and the next one read.
    pub(super) fn listed<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut items = Vec::new();
        let mut refused = false;
        loop {
            match item(self) {
                Ok(item) => items.push(item),
                Err(Refused) if self.too_deep => return Err(Refused),
                Err(Refused) => {
                    refused = true;
                    self.skip_to(|p| p.at(TokenKind::Comma) || p.at(TokenKind::RParen) || p.resumes_clause());
                }
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        if refused { Err(Refused) } else { Ok(items) }
    }

    /// One clause of a query; when it is refused, the next clause is looked for.
    pub(super) fn clause<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Option<T> {
        let result = parse(self);
        if result.is_err() && !self.too_deep {
            self.skip_to(Self::resumes_clause);
        }
        result.ok()
    }

    /// Whether a clause of a query starts here, where no name can stand.
    pub(super) fn at_clause_word(&self) -> bool {
        matches!(self.kind(), TokenKind::Kw(kw) if is_clause_word(kw))
    }

    /// Whether a clause of a query surely starts here, although a name might stand here and every keyword can be one:
    /// the word after tells.
    pub(super) fn at_clause(&self) -> bool {
        self.clause_at(0)
    }

    /// Whether to go on with a clause here after a mistake.
    pub(super) fn resumes_clause(&self) -> bool {
        use TokenKind::{Bang, Hash, LParen, Minus, Plus, Star, Unknown};
        let value = matches!(self.nth(1), LParen | Minus | Plus | Star | Hash | Bang | Unknown);
        self.at_clause() || (value && (self.at_kw(Kw::Select) || self.at_kw(Kw::Having)))
    }

    pub(super) fn clause_at(&self, ahead: usize) -> bool {
        let TokenKind::Kw(kw) = self.nth(ahead) else { return false };
        let next = self.nth(ahead + 1);
        match kw {
            Kw::Select | Kw::Having | Kw::Limit | Kw::Offset => starts_value(next) || is_fresh_name(next),
            Kw::Group | Kw::Order => next == TokenKind::Kw(Kw::By),
            Kw::Output => matches!(next, TokenKind::Kw(Kw::All | Kw::First | Kw::Last | Kw::Every | Kw::Snapshot)),
            Kw::Insert => matches!(next, TokenKind::Kw(Kw::Into | Kw::All | Kw::Expired | Kw::Current | Kw::Events)),
            Kw::Update if next == TokenKind::Kw(Kw::Or) => self.nth(ahead + 2) == TokenKind::Kw(Kw::Insert),
            Kw::Delete | Kw::Update => is_fresh_name(next),
            Kw::Aggregate => matches!(next, TokenKind::Kw(Kw::By | Kw::Every)),
            Kw::Return => matches!(next, TokenKind::Kw(Kw::All | Kw::Expired | Kw::Current | Kw::Events)),
            _ => false,
        }
    }

    /// Whether a statement surely starts here.
    pub(super) fn at_statement(&self) -> bool {
        match self.kind() {
            TokenKind::Kw(Kw::Define) => matches!(
                self.nth(1),
                TokenKind::Kw(Kw::Stream | Kw::Table | Kw::Window | Kw::Trigger | Kw::Function | Kw::Aggregation)
            ),
            TokenKind::Kw(Kw::Partition) => self.nth(1) == TokenKind::Kw(Kw::With),
            _ => false,
        }
    }

    /// Whether nothing of the statement in hand is left.
    pub(super) fn at_statement_end(&self) -> bool {
        matches!(self.kind(), TokenKind::Semi | TokenKind::Eof) || (self.pos > self.statement && self.at_statement())
    }

    /// Whether a partition ends here.
    pub(super) fn at_partition_end(&self) -> bool {
        self.at_kw(Kw::End) && (matches!(self.nth(1), TokenKind::Semi | TokenKind::Eof) || self.nth_is_statement())
    }

    fn nth_is_statement(&self) -> bool {
        matches!(self.nth(1), TokenKind::At | TokenKind::Kw(Kw::From | Kw::Define | Kw::Partition | Kw::End))
    }
}

fn is_clause_word(kw: Kw) -> bool {
    use Kw::*;
    let head = matches!(kw, Select | Group | Having | Order | Limit | Offset | Output | Aggregate);
    head || matches!(kw, Insert | Delete | Update | Return)
}

/// Whether a token is a name and no keyword that can follow an expression. Behind a word that is meant as a name such
/// a token cannot stand.
fn is_fresh_name(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Id | TokenKind::QuotedId => true,
        TokenKind::Kw(kw) => !is_clause_word(kw) && !is_link(kw),
        _ => false,
    }
}

/// Whether a keyword can stand between an expression or source and what comes next.
pub(super) fn is_link(kw: Kw) -> bool {
    use Kw::*;
    let operator = matches!(kw, And | Or | In | Is | As | Of | Asc | Desc | On | For | Set | Within | Per | End);
    operator || matches!(kw, Join | Left | Right | Full | Inner | Outer | Unidirectional)
}

/// Whether a token can start a value and cannot follow an expression.
fn starts_value(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, Int | Long | Float | Double | Str | Broken)
}
