//! Output rates and outputs.

use super::{Parse, Parser};
use crate::ast::{EventType, EventTypeKind, Output, OutputKind, Rate, RateKind, RateWhich, Scope, SetClause, Source};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::Ident;

impl Parser<'_> {
    /// `output [all | first | last] every ...`, `output snapshot every ...`
    pub(super) fn rate(&mut self) -> Parse<Rate> {
        let start = self.expect_kw(Kw::Output)?;
        if self.eat_kw(Kw::Snapshot) {
            self.expect_kw(Kw::Every)?;
            let every = self.time_value()?;
            return Ok(Rate { kind: RateKind::Snapshot { every }, span: self.since(start) });
        }
        let which = match self.kind() {
            TokenKind::Kw(Kw::First) => RateWhich::First,
            TokenKind::Kw(Kw::Last) => RateWhich::Last,
            _ => RateWhich::All,
        };
        if matches!(self.kind(), TokenKind::Kw(Kw::All | Kw::First | Kw::Last)) {
            self.bump();
        }
        if !self.at_kw(Kw::Every) {
            return self.expected_words("`every`", &["every", "all", "first", "last", "snapshot"]);
        }
        self.bump();
        let kind = self.rate_interval(which)?;
        Ok(Rate { kind, span: self.since(start) })
    }

    fn rate_interval(&mut self, which: RateWhich) -> Parse<RateKind> {
        if !self.at(TokenKind::Int) {
            return self.expected("a number of events or a time");
        }
        if self.nth(1) == TokenKind::Kw(Kw::Events) {
            let count_span = self.span();
            let count = self.int()?;
            self.bump();
            return Ok(RateKind::Events { which, count, count_span });
        }
        if !matches!(self.nth(1), TokenKind::Kw(kw) if kw.unit().is_some()) && self.nth(1) != TokenKind::Id {
            self.bump();
            return self.expected("`events` or a unit of time");
        }
        Ok(RateKind::Time { which, every: self.time_value()? })
    }

    /// `all events`, `expired events`, `current events`, `events`
    pub(super) fn event_type(&mut self) -> Parse<EventType> {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Kw(Kw::All) => EventTypeKind::All,
            TokenKind::Kw(Kw::Expired) => EventTypeKind::Expired,
            _ => EventTypeKind::Current,
        };
        if matches!(self.kind(), TokenKind::Kw(Kw::All | Kw::Expired | Kw::Current)) {
            self.bump();
        }
        if !self.at_kw(Kw::Events) {
            return self.expected_words("`events`", &["events", "all", "expired", "current"]);
        }
        self.bump();
        Ok(EventType { kind, span: self.since(start) })
    }

    fn optional_event_type(&mut self) -> Parse<Option<EventType>> {
        match self.kind() {
            TokenKind::Kw(Kw::All | Kw::Expired | Kw::Current | Kw::Events) => self.event_type().map(Some),
            _ => Ok(None),
        }
    }

    /// `for ... events`
    fn for_events(&mut self) -> Parse<Option<EventType>> {
        match self.eat_kw(Kw::For) {
            true => self.event_type().map(Some),
            false => Ok(None),
        }
    }

    /// What a query does with its result.
    pub(super) fn output(&mut self) -> Parse<Output> {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Kw(Kw::Insert) => self.insert()?,
            TokenKind::Kw(Kw::Delete) => self.delete()?,
            TokenKind::Kw(Kw::Update) => self.update()?,
            TokenKind::Kw(Kw::Return) => {
                self.bump();
                OutputKind::Return { events: self.optional_event_type()? }
            }
            TokenKind::Semi | TokenKind::Eof => return self.no_output(),
            _ => {
                let words = ["insert", "delete", "update", "return", "output"];
                return self.expected_words("`insert`, `delete` or `update`", &words);
            }
        };
        Ok(Output { kind, span: self.since(start) })
    }

    fn no_output<T>(&mut self) -> Parse<T> {
        let error = self.unexpected("`insert`, `delete` or `update`");
        self.refuse(error.help("a query says where its result goes, for example `insert into Out`"))
    }

    fn insert(&mut self) -> Parse<OutputKind> {
        self.bump();
        let events = self.optional_event_type()?;
        if !self.at_kw(Kw::Into) {
            return self.expected_words("`into`", &["into", "all", "expired", "current", "events"]);
        }
        self.bump();
        let target = self.source("a stream or table")?;
        Ok(OutputKind::Insert { events, target })
    }

    fn delete(&mut self) -> Parse<OutputKind> {
        self.bump();
        let target = self.table("delete")?;
        let events = self.for_events()?;
        let on = match self.eat_kw(Kw::On) {
            true => Some(self.expression()?),
            false => None,
        };
        Ok(OutputKind::Delete { target, events, on })
    }

    fn update(&mut self) -> Parse<OutputKind> {
        self.bump();
        // A table may be called `or`; then no `insert into` follows.
        let or_insert = self.at_kws(Kw::Or, Kw::Insert);
        if or_insert {
            self.bump();
            self.bump();
            self.expect_kw(Kw::Into)?;
        }
        let target = self.table(if or_insert { "update or insert into" } else { "update" })?;
        let events = self.for_events()?;
        let set = self.set_clauses()?;
        if !self.at_kw(Kw::On) {
            let error = self.unexpected("`on`");
            return self.refuse(error.help("`on` says which rows are meant, for example `on T.id == id`"));
        }
        self.bump();
        let on = self.expression()?;
        Ok(match or_insert {
            true => OutputKind::UpdateOrInsert { target, events, set, on },
            false => OutputKind::Update { target, events, set, on },
        })
    }

    /// A table, which has no mark.
    fn table(&mut self, what: &str) -> Parse<Ident> {
        let Source { scope, name, span } = self.source("a table")?;
        if scope == Scope::Plain {
            return Ok(name);
        }
        self.refuse(diagnose::marked_table(what, scope == Scope::Inner, span))
    }

    /// `set a = x, b = y`; none when there is no `set`.
    fn set_clauses(&mut self) -> Parse<Vec<SetClause>> {
        match self.eat_kw(Kw::Set) {
            true => self.listed(Self::set_clause),
            false => Ok(Vec::new()),
        }
    }

    fn set_clause(&mut self) -> Parse<SetClause> {
        let start = self.span();
        let target = self.attribute_reference()?;
        if self.at(TokenKind::EqEq) {
            let span = self.span();
            let error = self.unexpected("`=`");
            return self.refuse(error.fix("`set` gives values with a single `=`", span, "="));
        }
        self.expect(TokenKind::Assign)?;
        let value = self.expression()?;
        Ok(SetClause { target, value, span: self.since(start) })
    }

    /// An output of an on-demand query: without event types, and never to a marked stream.
    pub(super) fn on_demand_output(&mut self) -> Parse<Output> {
        let output = self.output()?;
        let events = match &output.kind {
            OutputKind::Insert { events, target } => {
                if target.scope != Scope::Plain {
                    return self.refuse(diagnose::on_demand_target(target.span));
                }
                events
            }
            OutputKind::Delete { events, .. } => events,
            OutputKind::Update { events, .. } | OutputKind::UpdateOrInsert { events, .. } => events,
            OutputKind::Return { .. } => return self.refuse(diagnose::return_on_demand(output.span)),
        };
        match events {
            Some(events) => self.refuse(diagnose::events_on_demand(events.span)),
            None => Ok(output),
        }
    }
}
