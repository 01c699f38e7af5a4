//! `select` and the clauses that belong to it.

use super::{Parse, Parser, Refused, Role};
use crate::ast::{AttrRef, Expr, ExprKind, Limit, Order, OrderBy, OutAttr, Scope, SelectList, Selection};
use crate::diagnose;
use crate::lex::{Kw, TokenKind};
use crate::span::{Ident, Span};
use crate::suggest::suggest;

/// The clauses after the list, in the order they must have.
const CLAUSES: [(Kw, &str); 5] = [
    (Kw::Group, "group by"),
    (Kw::Having, "having"),
    (Kw::Order, "order by"),
    (Kw::Limit, "limit"),
    (Kw::Offset, "offset"),
];

impl Parser<'_> {
    /// From `select` to `offset`. A refused clause does not keep the others from being looked at.
    pub(super) fn selection(&mut self) -> Parse<Selection> {
        let start = self.expect_kw(Kw::Select)?;
        let list = self.clause(Self::select_list);
        let mut refused = list.is_none();
        let mut selection = Selection {
            list: list.unwrap_or(SelectList::Star(start)),
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            span: start,
        };
        let mut last: Option<(usize, Span)> = None;
        while let Some(rank) = CLAUSES.iter().position(|(kw, _)| self.at_kw(*kw)) {
            if let Some((before, span)) = last.filter(|(before, _)| *before >= rank) {
                refused = true;
                self.out_of_order(rank, before, span);
            }
            let clause_start = self.span();
            refused |= self.clause(|p| p.selection_clause(CLAUSES[rank].0, &mut selection)).is_none();
            if self.too_deep {
                return Err(Refused);
            }
            last = Some((rank, clause_start));
        }
        selection.span = self.since(start);
        if refused { Err(Refused) } else { Ok(selection) }
    }

    fn out_of_order(&mut self, rank: usize, before: usize, span: Span) {
        let (clause, earlier) = (CLAUSES[rank].1, CLAUSES[before].1);
        self.report(diagnose::clause_order(clause, earlier, span, self.span()));
        self.complained = None;
    }

    fn selection_clause(&mut self, kw: Kw, selection: &mut Selection) -> Parse<()> {
        self.bump();
        match kw {
            Kw::Group => {
                self.expect_kw(Kw::By)?;
                selection.group_by = self.listed(Self::attribute_only)?;
            }
            Kw::Having => selection.having = Some(self.expression()?),
            Kw::Order => {
                self.expect_kw(Kw::By)?;
                selection.order_by = self.listed(Self::order_by)?;
            }
            Kw::Limit => selection.limit = Some(self.limit("limit")?),
            _ => selection.offset = Some(self.limit("offset")?),
        }
        Ok(())
    }

    fn select_list(&mut self) -> Parse<SelectList> {
        if self.at(TokenKind::Star) {
            let star = self.bump();
            if self.at(TokenKind::Comma) {
                return self.refuse(diagnose::beside_star(star, self.span()));
            }
            return Ok(SelectList::Star(star));
        }
        self.listed(Self::out_attr).map(SelectList::List)
    }

    /// `expression as name`, or a bare attribute.
    fn out_attr(&mut self) -> Parse<OutAttr> {
        if self.at_clause() {
            return self.expected("an attribute or expression");
        }
        let start = self.span();
        let expr = self.expression()?;
        let alias = match self.eat_kw(Kw::As) {
            true => Some(self.name("a name")?),
            false => None,
        };
        let ends = matches!(self.kind(), TokenKind::Comma | TokenKind::RParen);
        if !ends && !self.at_clause_word() && !self.at_statement_end() {
            return self.after_out_attr(&expr, alias.is_some());
        }
        let span = self.since(start);
        match expr.kind {
            _ if alias.is_some() => Ok(OutAttr { expr, alias, span }),
            ExprKind::Attr(_) if !expr.parens => Ok(OutAttr { expr, alias: None, span }),
            // Without `as` only an attribute can stand here, so the word is one.
            ExprKind::Bool(_) if !expr.parens => {
                self.roles[self.pos - 1] = Role::Name;
                Ok(OutAttr { expr: self.bool_attribute(span), alias: None, span })
            }
            _ => self.no_alias(&expr),
        }
    }

    /// The attribute that is called `true` or `false`.
    fn bool_attribute(&self, span: Span) -> Expr {
        let attr = Ident::new(span.of(self.text), span);
        let attr = AttrRef { scope: Scope::Plain, stream: None, index: None, second: None, attr, span };
        Expr { kind: ExprKind::Attr(attr), span, parens: false }
    }

    /// Something stands after an attribute of the list that neither ends nor continues it.
    fn after_out_attr<T>(&mut self, expr: &Expr, named: bool) -> Parse<T> {
        let word = expr.span.of(self.text);
        if self.at_kw(Kw::Into) && suggest(word, ["insert"]).is_some() {
            return self.refuse(diagnose::misspelt_insert(word, expr.span));
        }
        let error = self.unexpected(if named { "`,` or the next clause" } else { "`,`, `as` or the next clause" });
        let words = ["as", "insert", "group", "having", "order", "limit", "output", "from", "delete", "update"];
        let near = suggest(self.token_text(), words).filter(|_| self.at(TokenKind::Id));
        let error = match (near, self.at_kw(Kw::From)) {
            (Some(word), _) => error.fix(format!("did you mean `{word}`?"), self.span(), word),
            (None, false) if self.kind().is_name() && !named => {
                error.fix("a new name follows `as`", Span::at(self.span().start), "as ")
            }
            (None, true) => error.help("`from` stands before `select`, at the start of the query"),
            _ => error,
        };
        self.refuse(error)
    }

    fn no_alias<T>(&mut self, expr: &Expr) -> Parse<T> {
        let end = Span::at(self.last_span().end);
        let name = match &expr.kind {
            ExprKind::Call(call) => &call.name.name,
            _ => "name",
        };
        self.refuse(diagnose::alias_missing(name, end, expr.span))
    }

    /// An attribute where no expression can be.
    fn attribute_only(&mut self) -> Parse<AttrRef> {
        let attribute = self.attribute_reference()?;
        let ends = matches!(self.kind(), TokenKind::Comma | TokenKind::RParen | TokenKind::Kw(_));
        if ends || self.at_statement_end() {
            return Ok(attribute);
        }
        let error = self.unexpected("`,` or the next clause");
        self.refuse(error.help("only attributes can stand here; name the expression in `select`"))
    }

    fn order_by(&mut self) -> Parse<OrderBy> {
        let start = self.span();
        let attr = self.attribute_only()?;
        let order = match self.kind() {
            TokenKind::Kw(Kw::Desc) => Order::Desc,
            _ => Order::Asc,
        };
        if matches!(self.kind(), TokenKind::Kw(Kw::Asc | Kw::Desc)) {
            self.bump();
        }
        Ok(OrderBy { attr, order, span: self.since(start) })
    }

    /// A whole number.
    fn limit(&mut self, clause: &str) -> Parse<Limit> {
        let expr = self.expression()?;
        let value = match expr.kind {
            ExprKind::Int(value) => i64::from(value),
            ExprKind::Long(value) => value,
            ExprKind::Time(time) => time.ms,
            ExprKind::Float(_) | ExprKind::Double(_) | ExprKind::Bool(_) | ExprKind::Str(_) => {
                return self.refuse(diagnose::limit_type(clause, expr.span));
            }
            _ => return self.refuse(diagnose::limit_expression(clause, expr.span)),
        };
        Ok(Limit { value, span: expr.span })
    }
}
