//! Partitions: keys, and the queries between `begin` and `end`.

use super::{Parse, Parser, Refused};
use crate::ast::{Annotation, Expr, Partition, PartitionKey, PartitionKeyKind, PartitionRange, Query};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

impl Parser<'_> {
    /// `partition with (...) begin ... end`
    pub(super) fn partition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<Partition> {
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

    fn partition_ranges(&mut self, mut condition: Expr) -> Parse<Vec<PartitionRange>> {
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
                    self.skip_statement();
                }
            }
            if !self.at_kw(Kw::End) {
                self.end_statement();
            }
        }
        let end = self.bump();
        if !any {
            self.report(diagnose::empty_partition(begin.to(end)));
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
        self.report(diagnose::in_partition(what, self.span()));
        if self.at_kw(Kw::Define) {
            self.definition(annotations, start)?;
        } else {
            self.nested(|p| p.partition(annotations, start))?;
        }
        Ok(None)
    }
}
