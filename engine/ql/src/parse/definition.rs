//! Definitions.

use std::collections::HashMap;

use super::{Parse, Parser, Refused};
use crate::ast::{
    AggregationDef, AggregationTime, AggregationTimeKind, Annotation, AttributeDef, Definition, FunctionDef,
    Granularity, Selection, StreamDef, TableDef, TimeUnit, TriggerAt, TriggerDef, Type, WindowDef,
};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::{Ident, Span, StrLit};
use crate::suggest::suggest;

const TYPES: [(Kw, &str, Type); 7] = [
    (Kw::String, "string", Type::String),
    (Kw::Int, "int", Type::Int),
    (Kw::Long, "long", Type::Long),
    (Kw::Float, "float", Type::Float),
    (Kw::Double, "double", Type::Double),
    (Kw::Bool, "bool", Type::Bool),
    (Kw::Object, "object", Type::Object),
];

/// What other languages call the types.
const FOREIGN_TYPES: [(&str, &str); 14] = [
    ("integer", "int"),
    ("bigint", "long"),
    ("short", "int"),
    ("boolean", "bool"),
    ("str", "string"),
    ("text", "string"),
    ("varchar", "string"),
    ("char", "string"),
    ("number", "double"),
    ("decimal", "double"),
    ("numeric", "double"),
    ("real", "double"),
    ("timestamp", "long"),
    ("any", "object"),
];

impl Parser<'_> {
    /// `define ...`, the annotations before it being passed.
    pub(super) fn definition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<Definition> {
        self.bump();
        let TokenKind::Kw(kind @ (Kw::Stream | Kw::Table | Kw::Window | Kw::Trigger | Kw::Function | Kw::Aggregation)) =
            self.kind()
        else {
            let words = ["stream", "table", "window", "trigger", "function", "aggregation"];
            return self.expected_words("`stream`, `table`, `window`, `trigger`, `function` or `aggregation`", &words);
        };
        self.bump();
        match kind {
            Kw::Stream => self.stream_definition(annotations, start).map(Definition::Stream),
            Kw::Table => self.table_definition(annotations, start).map(Definition::Table),
            Kw::Window => self.window_definition(annotations, start).map(Definition::Window),
            Kw::Aggregation => self.aggregation(annotations, start).map(|a| Definition::Aggregation(Box::new(a))),
            Kw::Trigger => {
                self.no_annotations(&annotations, "trigger");
                self.trigger(start).map(Definition::Trigger)
            }
            _ => {
                self.no_annotations(&annotations, "function");
                self.function(start).map(Definition::Function)
            }
        }
    }

    fn no_annotations(&mut self, annotations: &[Annotation], what: &str) {
        if let Some(annotation) = annotations.first() {
            self.report(diagnose::annotated(what, annotation.span));
        }
    }

    fn stream_definition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<StreamDef> {
        let name = self.defined_name("stream")?;
        let attributes = self.attributes()?;
        Ok(StreamDef { annotations, name, attributes, span: self.since(start) })
    }

    fn table_definition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<TableDef> {
        let name = self.defined_name("table")?;
        let attributes = self.attributes()?;
        Ok(TableDef { annotations, name, attributes, span: self.since(start) })
    }

    fn window_definition(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<WindowDef> {
        let name = self.defined_name("window")?;
        let attributes = self.attributes()?;
        if self.at(TokenKind::Hash) || !self.kind().is_name() || self.at_kw(Kw::Output) {
            let error = self.unexpected("the window");
            return self.refuse(error.help("for example `length(100)` or `time(5 min)`, without `#window.`"));
        }
        let window = self.call()?;
        let output = match self.eat_kw(Kw::Output) {
            true => Some(self.event_type()?),
            false => None,
        };
        Ok(WindowDef { annotations, name, attributes, window, output, span: self.since(start) })
    }

    /// The name of a stream, table or window. It has no mark.
    fn defined_name(&mut self, what: &str) -> Parse<Ident> {
        if self.at(TokenKind::Hash) || self.at(TokenKind::Bang) {
            self.report(diagnose::define_marked(what, self.at(TokenKind::Hash), self.span()));
            self.bump();
        }
        self.name(&format!("the {what}'s name"))
    }

    /// `(name type, ...)`, all names different.
    fn attributes(&mut self) -> Parse<Vec<AttributeDef>> {
        self.expect(TokenKind::LParen)?;
        let attributes = self.bracketed(TokenKind::RParen, Self::attribute)?;
        let mut firsts = HashMap::with_capacity(attributes.len());
        for AttributeDef { name, .. } in &attributes {
            let first = *firsts.entry(name.name.as_str()).or_insert(name.span);
            if first != name.span {
                self.complained = None;
                self.report(diagnose::attribute_twice(name, first));
            }
        }
        Ok(attributes)
    }

    fn attribute(&mut self) -> Parse<AttributeDef> {
        let name = self.name("an attribute's name")?;
        let ty_span = self.span();
        let ty = self.type_name()?;
        Ok(AttributeDef { name, ty, ty_span })
    }

    fn type_name(&mut self) -> Parse<Type> {
        if let Some((_, _, ty)) = TYPES.iter().find(|(kw, ..)| self.at_kw(*kw)) {
            self.bump();
            return Ok(*ty);
        }
        if !self.at(TokenKind::Id) {
            return self.expected("a type");
        }
        let (span, word) = (self.span(), self.token_text());
        let foreign = FOREIGN_TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, ty)| *ty);
        let near = foreign.or_else(|| suggest(word, TYPES.iter().map(|t| t.1)));
        self.refuse(diagnose::no_type(word, near, span))
    }

    fn trigger(&mut self, start: Span) -> Parse<TriggerDef> {
        let name = self.identifier("a trigger's name")?;
        self.expect_kw(Kw::At)?;
        let at = match self.eat_kw(Kw::Every) {
            true => TriggerAt::Every(self.time_value()?),
            false => TriggerAt::Text(self.string("`every` and a time, `'start'`, or a cron expression in quotes")?),
        };
        Ok(TriggerDef { name, at, span: self.since(start) })
    }

    fn function(&mut self, start: Span) -> Parse<FunctionDef> {
        let name = self.identifier("a function's name")?;
        self.expect(TokenKind::LBracket)?;
        let language = self.identifier("a script language")?;
        self.expect(TokenKind::RBracket)?;
        self.expect_kw(Kw::Return)?;
        let return_type_span = self.span();
        let return_type = self.type_name()?;
        if !self.at(TokenKind::Script) {
            return self.expected("the script in braces");
        }
        let span = self.bump();
        let body = StrLit { value: span.of(self.text).to_string(), span };
        Ok(FunctionDef { name, language, return_type, return_type_span, body, span: self.since(start) })
    }

    fn aggregation(&mut self, annotations: Vec<Annotation>, start: Span) -> Parse<AggregationDef> {
        let name = self.identifier("an aggregation's name")?;
        self.expect_kw(Kw::From)?;
        let input = self.clause(Self::stream_input);
        let selection = match self.at_kw(Kw::Select) {
            true => self.clause(Self::selection),
            false if input.is_some() => self.expected("`select`")?,
            false => None,
        };
        let selection = selection.and_then(|s| self.only_groups(s).ok());
        if selection.is_none() && !self.at_kw(Kw::Aggregate) {
            return Err(Refused);
        }
        self.expect_kw(Kw::Aggregate)?;
        let by = match self.eat_kw(Kw::By) {
            true => Some(self.attribute_reference()?),
            false => None,
        };
        self.expect_kw(Kw::Every)?;
        let every = self.aggregation_time()?;
        let (Some(input), Some(selection)) = (input, selection) else { return Err(Refused) };
        Ok(AggregationDef { annotations, name, input, selection, by, every, span: self.since(start) })
    }

    /// Refuses the clauses that a query has and an aggregation has not.
    fn only_groups(&mut self, selection: Selection) -> Parse<Selection> {
        let having = selection.having.as_ref().map(|e| ("having", e.span));
        let order_by = selection.order_by.first().map(|o| ("order by", o.span));
        let limit = selection.limit.map(|l| ("limit", l.span));
        let offset = selection.offset.map(|l| ("offset", l.span));
        let Some((clause, span)) = having.or(order_by).or(limit).or(offset) else { return Ok(selection) };
        self.refuse(diagnose::in_aggregation(clause, span))
    }

    /// `sec ... year`, or `sec, hour`.
    fn aggregation_time(&mut self) -> Parse<AggregationTime> {
        let start = self.span();
        let first = self.granularity()?;
        let kind = if self.eat(TokenKind::Dots) {
            AggregationTimeKind::Range(first, self.granularity()?)
        } else {
            let mut list = vec![first];
            while self.eat(TokenKind::Comma) {
                list.push(self.granularity()?);
            }
            AggregationTimeKind::List(list)
        };
        Ok(AggregationTime { kind, span: self.since(start) })
    }

    fn granularity(&mut self) -> Parse<Granularity> {
        let span = self.span();
        let unit = match self.kind() {
            TokenKind::Kw(kw) => kw.unit(),
            _ => None,
        };
        match unit {
            Some(TimeUnit::Week | TimeUnit::Millisecond) => self.refuse(diagnose::granularity(self.token_text(), span)),
            Some(unit) => Ok(Granularity { unit, span: self.bump() }),
            None => {
                let words = ["seconds", "sec", "minutes", "min", "hours", "hour", "days", "day", "month", "year"];
                self.expected_words("a granularity such as `sec` or `hour`", &words)
            }
        }
    }
}
