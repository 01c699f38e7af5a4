//! Constants.

use super::{Parse, Parser, Role};
use crate::ast::{ExprKind, TimeUnit, TimeValue};
use crate::diagnose;
use crate::lex::{TokenKind, string_value};
use crate::span::{Span, StrLit};

/// Abbreviations that are no units.
const NEAR_UNITS: [(&str, &str); 17] = [
    ("ms", "millisec"),
    ("msec", "millisec"),
    ("millis", "millisec"),
    ("s", "sec"),
    ("secs", "sec"),
    ("m", "min"),
    ("mins", "min"),
    ("h", "hour"),
    ("hr", "hour"),
    ("hrs", "hours"),
    ("d", "day"),
    ("w", "week"),
    ("wk", "week"),
    ("mon", "month"),
    ("y", "year"),
    ("yr", "year"),
    ("yrs", "years"),
];

impl Parser<'_> {
    /// A string constant.
    pub(super) fn string(&mut self, what: &str) -> Parse<StrLit> {
        if !self.at(TokenKind::Str) {
            return self.expected(what);
        }
        let value = string_value(self.token_text()).to_string();
        Ok(StrLit { value, span: self.bump() })
    }

    /// An int without a sign.
    pub(super) fn int(&mut self) -> Parse<i32> {
        match self.kind() {
            TokenKind::Int => {
                let span = self.bump();
                self.int_of(span)
            }
            _ => self.expected("a number"),
        }
    }

    /// A number that may have a sign, or a time value; a number token or a sign before one stands here.
    pub(super) fn number(&mut self) -> Parse<ExprKind> {
        if self.at(TokenKind::Int) && self.at_unit(1) {
            return self.time_value().map(ExprKind::Time);
        }
        let start = self.span();
        if matches!(self.kind(), TokenKind::Plus | TokenKind::Minus) {
            self.mark(Role::Sign);
            self.bump();
        }
        let kind = self.kind();
        self.bump();
        let span = self.since(start);
        let text = self.sign_and_digits(span);
        Ok(match kind {
            TokenKind::Int => ExprKind::Int(self.int_of(span)?),
            TokenKind::Long => match text.parse() {
                Ok(value) => ExprKind::Long(value),
                Err(_) => return self.refuse(diagnose::long_range(span.of(self.text), span)),
            },
            // The lexer lets only digits, a point and an exponent through, so these cannot fail.
            TokenKind::Float => ExprKind::Float(text.parse().unwrap_or(f32::INFINITY)),
            _ => ExprKind::Double(text.parse().unwrap_or(f64::INFINITY)),
        })
    }

    /// The number at `span` without its suffix; white space may stand behind its sign.
    fn sign_and_digits(&self, span: Span) -> String {
        let sign = if span.of(self.text).starts_with('-') { "-" } else { "" };
        let digits = self.last_span().of(self.text);
        format!("{sign}{}", digits.trim_end_matches(['l', 'L', 'f', 'F', 'd', 'D']))
    }

    fn int_of(&mut self, span: Span) -> Parse<i32> {
        match self.sign_and_digits(span).parse() {
            Ok(value) => Ok(value),
            Err(_) => {
                let fits_long = self.sign_and_digits(span).parse::<i64>().is_ok();
                self.refuse(diagnose::int_range(span.of(self.text), fits_long, span))
            }
        }
    }

    fn at_unit(&self, ahead: usize) -> bool {
        matches!(self.nth(ahead), TokenKind::Kw(kw) if kw.unit().is_some())
    }

    /// `1 hour 20 min`: the units from the largest to the smallest, each once.
    pub(super) fn time_value(&mut self) -> Parse<TimeValue> {
        let start = self.span();
        let mut ms = 0i64;
        let mut last: Option<TimeUnit> = None;
        loop {
            let part = self.span();
            let count = self.time_count()?;
            let TokenKind::Kw(kw) = self.kind() else { return self.no_unit() };
            let Some(unit) = kw.unit() else { return self.no_unit() };
            self.bump();
            if last.is_some_and(|last| last <= unit) {
                return self.refuse(diagnose::unit_order(self.since(part)));
            }
            // Siddhi's sums wrap as well.
            ms = ms.wrapping_add(count.wrapping_mul(unit.millis()));
            last = Some(unit);
            if !(self.at(TokenKind::Int) && self.at_unit(1)) {
                return Ok(TimeValue { ms, span: self.since(start) });
            }
        }
    }

    fn time_count(&mut self) -> Parse<i64> {
        let span = self.span();
        if self.glued_days() {
            return self.refuse(diagnose::glued_unit(span.of(self.text), span));
        }
        if self.at(TokenKind::Long) {
            return self.refuse(diagnose::long_count(span.of(self.text), span));
        }
        if !self.at(TokenKind::Int) {
            let error = self.unexpected("a time such as `5 sec`");
            return self.refuse(error);
        }
        match self.token_text().parse() {
            Ok(count) => {
                self.bump();
                Ok(count)
            }
            Err(_) => self.refuse(diagnose::long_range(span.of(self.text), span)),
        }
    }

    /// Whether `5days` stands here, which is the double `5d` and a word.
    pub(super) fn glued_days(&self) -> bool {
        let [number, word] = [self.pos, self.pos + 1].map(|n| self.tokens.get(n));
        let (Some(number), Some(word)) = (number, word) else { return false };
        let glued =
            number.kind == TokenKind::Double && word.kind == TokenKind::Id && number.span.end == word.span.start;
        glued && matches!(word.span.of(self.text), "ay" | "ays") && number.span.of(self.text).ends_with(['d', 'D'])
    }

    /// Something else than a unit stands behind a number.
    pub(super) fn no_unit<T>(&mut self) -> Parse<T> {
        let error = self.unexpected("a unit of time");
        let error = if self.at(TokenKind::Id) { diagnose::unit(error) } else { error };
        self.refuse(match self.near_unit() {
            Some(unit) => error.fix(format!("did you mean `{unit}`?"), self.span(), unit),
            None => error.help("the units are millisec, sec, min, hour, day, week, month and year"),
        })
    }

    /// The unit that the word here was probably meant to be.
    pub(super) fn near_unit(&self) -> Option<&'static str> {
        let word = self.token_text();
        let near = NEAR_UNITS.iter().find(|(near, _)| near.eq_ignore_ascii_case(word));
        near.filter(|_| self.at(TokenKind::Id)).map(|(_, unit)| *unit)
    }
}
