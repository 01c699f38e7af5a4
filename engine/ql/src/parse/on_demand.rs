//! On-demand queries.

use super::{Parse, Parser};
use crate::ast::{OnDemand, OnDemandInput, OutputKind};
use crate::lex::{Kw, TokenKind};

impl Parser<'_> {
    /// A whole on-demand query with its optional `;`.
    pub(super) fn on_demand(&mut self) -> Parse<OnDemand> {
        let start = self.span();
        let query = match self.at_kw(Kw::From) {
            true => self.find()?,
            false => self.change()?,
        };
        let query = OnDemand { span: self.since(start), ..query };
        self.eat(TokenKind::Semi);
        Ok(query)
    }

    /// `from T [as t] [on condition] [within ... per ...] [select ...]`
    fn find(&mut self) -> Parse<OnDemand> {
        self.bump();
        let start = self.span();
        let name = self.name("a table, window or aggregation")?;
        let alias = self.alias()?;
        let on = match self.eat_kw(Kw::On) {
            true => Some(self.expression()?),
            false => None,
        };
        let range = self.aggregation_range()?;
        let input = OnDemandInput { name, alias, on, range, span: self.since(start) };
        let selection = match self.at_kw(Kw::Select) {
            true => Some(self.selection()?),
            false => None,
        };
        if let TokenKind::Kw(Kw::Insert | Kw::Update | Kw::Delete) = self.kind() {
            let error = self.unexpected("the end of the query");
            return self.refuse(error.help("an on-demand query finds rows or changes a table, not both"));
        }
        Ok(OnDemand { input: Some(input), selection, output: None, span: start })
    }

    /// `[select ...] insert | update | delete ...`
    fn change(&mut self) -> Parse<OnDemand> {
        let start = self.span();
        let selection = match self.at_kw(Kw::Select) {
            true => Some(self.selection()?),
            false => None,
        };
        if selection.is_none() && !matches!(self.kind(), TokenKind::Kw(Kw::Insert | Kw::Update | Kw::Delete)) {
            let words = ["from", "select", "update", "delete"];
            return self.expected_words("`from`, `select`, `update` or `delete`", &words);
        }
        let output = self.on_demand_output()?;
        let needs_selection = matches!(output.kind, OutputKind::Insert { .. } | OutputKind::UpdateOrInsert { .. });
        if selection.is_none() && needs_selection {
            return self.refuse(crate::diagnose::change_without_select(output.span));
        }
        Ok(OnDemand { input: None, selection, output: Some(output), span: start })
    }
}
