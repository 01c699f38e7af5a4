//! Patterns and sequences.
//!
//! Both are read by one set of functions into the same tree; each part notes how the grammar can derive it as part of
//! a pattern and of a sequence (see [`Forms`]), and the whole is accepted or refused by that.

use super::forms::Forms;
use super::recover::is_link;
use super::{Parse, Parser, Role};
use crate::ast::{LogicalOp, Quantifier, QueryInput, State, StateInput, StateKind, StateStream, StreamInput};
use crate::diagnose;
use crate::diagnostic::Diagnostic;
use crate::lex::{Kw, TokenKind};
use crate::span::Span;

/// A part of a chain.
struct Item {
    state: State,
    /// How it can be derived, without the `every` before it.
    forms: Forms,
    /// Where `every` stands before it.
    every: Option<Span>,
}

/// The parts of a chain and what stands between them: `->`, `,`, or nothing when there is one part.
struct Chain {
    items: Vec<Item>,
    separator: Option<TokenKind>,
}

impl Parser<'_> {
    /// Whether a pattern or sequence starts here, as far as the first words tell.
    pub(super) fn at_state(&self) -> bool {
        match self.kind() {
            TokenKind::LParen => true,
            TokenKind::Kw(Kw::Every | Kw::Not) => {
                self.nth(1) == TokenKind::Assign || self.nth(1) == TokenKind::LParen || self.names_after_keyword()
            }
            kind => kind.is_name() && self.nth(1) == TokenKind::Assign,
        }
    }

    /// Whether `every` or `not` here is followed by a state. Else it is a stream's name.
    fn names_after_keyword(&self) -> bool {
        match self.nth(1) {
            TokenKind::Id | TokenKind::QuotedId | TokenKind::Bang => true,
            TokenKind::Hash => {
                // `every #Inner -> ...`, but `every#log()`, `every#[x]` and `every#window.time(t)` name a stream.
                self.nth(2).is_name()
                    && !matches!(self.nth(3), TokenKind::LParen | TokenKind::Colon)
                    && !(self.nth(2) == TokenKind::Kw(Kw::Window) && self.nth(3) == TokenKind::Dot)
            }
            TokenKind::Kw(Kw::Not) => true,
            TokenKind::Kw(kw) => !is_link(kw) && !self.clause_at(1),
            _ => false,
        }
    }

    /// A whole pattern or sequence; its first source may have been read already.
    pub(super) fn states(&mut self, first: Option<StreamInput>, start: Span) -> Parse<QueryInput> {
        let chain = self.chain(first)?;
        let within = match self.eat_kw(Kw::Within) {
            true => Some(self.time_value()?),
            false => None,
        };
        let span = self.since(start);
        let sequence = chain.separator == Some(TokenKind::Comma);
        let root = if sequence { self.sequence(chain)? } else { self.pattern(chain)? };
        let input = StateInput { root, within, span };
        Ok(if sequence { QueryInput::Sequence(input) } else { QueryInput::Pattern(input) })
    }

    /// Parts with separators between them.
    fn chain(&mut self, first: Option<StreamInput>) -> Parse<Chain> {
        let mut items = vec![self.item(first)?];
        let mut separator = None;
        while self.at(TokenKind::Arrow) || self.at(TokenKind::Comma) {
            if separator.is_some_and(|s| s != self.kind()) {
                return self.refuse(diagnose::mixed_separators(self.span()));
            }
            separator = Some(self.kind());
            self.bump();
            items.push(self.item(None)?);
        }
        Ok(Chain { items, separator })
    }

    fn item(&mut self, first: Option<StreamInput>) -> Parse<Item> {
        if first.is_some() {
            return self.state(first, None);
        }
        let every = (self.at_kw(Kw::Every) && self.nth(1) != TokenKind::Assign).then(|| self.bump());
        if every.is_some() && self.at_kw(Kw::Every) && self.nth(1) != TokenKind::Assign {
            return self.refuse(diagnose::every_twice(self.span()));
        }
        if self.at(TokenKind::LParen) {
            return self.nested(|p| p.group(every));
        }
        self.state(None, every)
    }

    /// `( chain )`
    fn group(&mut self, every: Option<Span>) -> Parse<Item> {
        let start = self.bump();
        let chain = self.chain(None)?;
        self.expect(TokenKind::RParen)?;
        let span = self.since(start);
        let forms = self.forms(&chain)?.group();
        // A single part in parentheses is that part, and the state of a longer chain covers the parentheses.
        let mut state = self.join_items(chain);
        if matches!(state.kind, StateKind::Next(_)) {
            state.span = span;
        }
        Ok(Item { state, forms, every })
    }

    /// How a chain can be derived; a chain that no group could be is refused here, where the place is known.
    fn forms(&mut self, chain: &Chain) -> Parse<Forms> {
        let parts: Vec<_> = chain.items.iter().map(|i| (i.forms, i.every.is_some())).collect();
        let forms = Forms::of_chain(&parts, chain.separator);
        match forms.is_none() {
            true => self.no_such_chain(chain),
            false => Ok(forms),
        }
    }

    /// The tree of a chain, `every` applied to each part that has it.
    fn join_items(&mut self, chain: Chain) -> State {
        let mut states: Vec<State> = chain.items.into_iter().map(every_state).collect();
        match states.len() {
            1 => states.remove(0),
            _ => next(states),
        }
    }

    fn pattern(&mut self, chain: Chain) -> Parse<State> {
        if !self.forms(&chain)?.is_pattern() {
            return self.no_such_chain(&chain);
        }
        Ok(self.join_items(chain))
    }

    /// A sequence. `every` before it covers the absent states that follow the first one too: the grammar reads the
    /// longest part with absent states in it, that leaves a state over, as one.
    fn sequence(&mut self, mut chain: Chain) -> Parse<State> {
        if let Some(inner) = chain.items[1..].iter().find(|i| i.every.is_some()) {
            let span = inner.every.unwrap_or(inner.state.span);
            return self.refuse(diagnose::every_in_sequence(span));
        }
        let parts: Vec<Forms> = chain.items.iter().map(|i| i.forms).collect();
        let Some(covered) = Forms::sequence_head(&parts) else { return self.no_such_chain(&chain) };
        let every = chain.items[0].every.take();
        let Some(every) = every else { return Ok(self.join_items(chain)) };
        let rest = chain.items.split_off(covered);
        let head = self.join_items(chain);
        let span = every.to(head.span);
        let mut states = vec![State { kind: StateKind::Every(Box::new(head)), span }];
        states.extend(rest.into_iter().map(every_state));
        Ok(next(states))
    }

    fn no_such_chain<T>(&mut self, chain: &Chain) -> Parse<T> {
        let error = self.explain_chain(chain);
        self.refuse(error)
    }

    /// Why a chain of states is none.
    fn explain_chain(&self, chain: &Chain) -> Diagnostic {
        let items = &chain.items;
        if let Some(item) = items.iter().find(|i| i.forms.is_only_sequence()) {
            return diagnose::count_of_sequence(chain.separator.is_none(), item.state.span);
        }
        let absent = |i: &Item| i.forms.is_absent();
        if let Some(pair) = items.windows(2).find(|w| absent(&w[0]) && absent(&w[1])) {
            return diagnose::two_absent(pair[0].state.span, pair[1].state.span);
        }
        let every = items.iter().find(|i| i.every.is_some_and(|_| !i.forms.is_plain_pattern()));
        if let Some(item) = every.filter(|i| !i.forms.is_absent()) {
            return diagnose::every_in_every(item.every.unwrap_or(item.state.span));
        }
        let span = items.iter().map(|i| i.state.span).reduce(Span::to).unwrap_or_default();
        diagnose::no_such_chain(span)
    }

    /// A state without parentheses: one source, or two with `and` or `or`.
    fn state(&mut self, first: Option<StreamInput>, every: Option<Span>) -> Parse<Item> {
        let start = first.as_ref().map_or(self.span(), |f| f.span);
        let (left, left_counted) = self.side(first)?;
        let op = match self.kind() {
            TokenKind::Kw(Kw::And) => LogicalOp::And,
            TokenKind::Kw(Kw::Or) => LogicalOp::Or,
            _ => return self.single(left, left_counted, every),
        };
        self.bump();
        let (right, right_counted) = self.side(None)?;
        if left_counted || right_counted {
            let span = if left_counted { left.span } else { right.span };
            return self.refuse(diagnose::count_of_logical(span));
        }
        self.logical_times(op, &left, &right)?;
        if let TokenKind::Kw(Kw::And | Kw::Or) = self.kind() {
            return self.refuse(diagnose::third_state(self.span()));
        }
        let absent = matches!(left.kind, StateKind::Absent(..)) || matches!(right.kind, StateKind::Absent(..));
        let kind = StateKind::Logical { op, left: Box::new(left), right: Box::new(right) };
        Ok(Item { state: State { kind, span: self.since(start) }, forms: Forms::logical(absent), every })
    }

    fn single(&mut self, state: State, starred: bool, every: Option<Span>) -> Parse<Item> {
        let forms = match &state.kind {
            StateKind::Absent(_, None) => return self.no_absent_time(state.span),
            StateKind::Absent(..) => Forms::absent(),
            StateKind::Count(..) if starred && self.is_sign(state.span) => Forms::starred(),
            _ => Forms::source(),
        };
        Ok(Item { state, forms, every })
    }

    /// Whether the count of the state at `span` is `*`, `+` or `?`.
    fn is_sign(&self, span: Span) -> bool {
        !span.of(self.text).ends_with('>')
    }

    /// An absent side needs its time, except in an `and` with a present side.
    fn logical_times(&mut self, op: LogicalOp, left: &State, right: &State) -> Parse<()> {
        let both_absent = [left, right].iter().all(|s| matches!(s.kind, StateKind::Absent(..)));
        for side in [left, right] {
            if matches!(side.kind, StateKind::Absent(_, None)) && (both_absent || op == LogicalOp::Or) {
                return self.no_absent_time(side.span);
            }
        }
        Ok(())
    }

    fn no_absent_time<T>(&mut self, span: Span) -> Parse<T> {
        self.refuse(diagnose::absent_time(span))
    }

    /// One source, present or absent, and whether it is counted.
    fn side(&mut self, first: Option<StreamInput>) -> Parse<(State, bool)> {
        if let Some(input) = first {
            return self.present(None, input);
        }
        if self.at_kw(Kw::Not) && self.nth(1) != TokenKind::Assign {
            return self.absent().map(|state| (state, false));
        }
        let mut reference = None;
        if self.kind().is_name() && self.nth(1) == TokenKind::Assign {
            reference = Some(self.name("a reference")?);
            self.bump();
        }
        if self.at(TokenKind::LParen) {
            let error = self.unexpected("a stream");
            return self.refuse(error.help("parentheses enclose whole states only"));
        }
        let input = self.source_and_handlers()?;
        self.present(reference, input)
    }

    fn present(&mut self, reference: Option<crate::Ident>, input: StreamInput) -> Parse<(State, bool)> {
        self.no_window(&input.handlers)?;
        let start = reference.as_ref().map_or(input.span, |r| r.span);
        let stream = StateStream { reference, input };
        let quantifier = self.quantifier()?;
        let counted = quantifier.is_some();
        let kind = match quantifier {
            Some(quantifier) => StateKind::Count(stream, quantifier),
            None => StateKind::Stream(stream),
        };
        Ok((State { kind, span: self.since(start) }, counted))
    }

    /// `not S [for time]`
    fn absent(&mut self) -> Parse<State> {
        let start = self.bump();
        if self.kind().is_name() && self.nth(1) == TokenKind::Assign {
            let span = Span::new(self.span().start, self.tokens[self.pos + 1].span.end);
            return self.refuse(diagnose::absent_reference(span));
        }
        let input = self.source_and_handlers()?;
        self.no_window(&input.handlers)?;
        if matches!(self.kind(), TokenKind::Lt | TokenKind::Star | TokenKind::Plus | TokenKind::Question) {
            return self.refuse(diagnose::count_of_absent(self.span()));
        }
        let time = match self.eat_kw(Kw::For) {
            true => Some(self.time_value()?),
            false => None,
        };
        Ok(State { kind: StateKind::Absent(input, time), span: self.since(start) })
    }

    /// `<m:n>`, `<m:>`, `<:n>`, `<n>`, `*`, `+`, `?`, if one stands here.
    fn quantifier(&mut self) -> Parse<Option<Quantifier>> {
        let start = self.span();
        let (min, max) = match self.kind() {
            TokenKind::Star => (0, None),
            TokenKind::Plus => (1, None),
            TokenKind::Question => (0, Some(1)),
            TokenKind::Lt => return self.collect().map(Some),
            _ => return Ok(None),
        };
        self.mark(Role::Count);
        self.bump();
        Ok(Some(Quantifier { min, max, span: start }))
    }

    fn collect(&mut self) -> Parse<Quantifier> {
        let first = self.pos;
        let start = self.bump();
        let min = match self.at(TokenKind::Int) {
            true => Some(self.int()?),
            false => None,
        };
        let colon = self.eat(TokenKind::Colon);
        let max = match self.at(TokenKind::Int) && colon {
            true => Some(self.int()?),
            false => None,
        };
        if !self.at(TokenKind::Gt) || (min.is_none() && max.is_none()) {
            let error = self.unexpected("a count");
            return self.refuse(error.help("a count is `<2>`, `<2:5>`, `<2:>` or `<:5>`"));
        }
        self.bump();
        self.roles[first..self.pos].fill(Role::Count);
        let max = if colon { max } else { min };
        Ok(Quantifier { min: min.unwrap_or(0), max, span: self.since(start) })
    }
}

fn next(states: Vec<State>) -> State {
    let span = states.iter().map(|s| s.span).reduce(Span::to).unwrap_or_default();
    State { kind: StateKind::Next(states), span }
}

fn every_state(item: Item) -> State {
    match item.every {
        Some(every) => {
            let span = every.to(item.state.span);
            State { kind: StateKind::Every(Box::new(item.state)), span }
        }
        None => item.state,
    }
}
