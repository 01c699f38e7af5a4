//! Expressions: names resolved, types checked.
//!
//! An expression that cannot be bound gives `None`, once its mistake is told; what contains it then says nothing further.

use riddhi_batch::{Kind, Type, Value};
use riddhi_ql::ast::{self, BinaryOp, ExprKind, NullTarget};
use riddhi_ql::{Diagnostics, Ident, Span};

use super::aggregates::Aggregates;
use super::catalog::{Catalog, Class, Shape};
use super::scope::{Found, Scope, marked};
use crate::diagnose::{names, types, unsupported, warnings};
use crate::expr::{Arith, Compare, Expr, Node};
use crate::registry::Registry;
use crate::states::What;

/// What an expression is bound with.
pub(crate) struct Binder<'a> {
    pub registry: &'a Registry,
    pub catalog: &'a Catalog,
    pub diagnostics: &'a mut Diagnostics,
    pub scope: &'a Scope<'a>,
    /// Where aggregators go; none where they are not allowed.
    pub aggregates: Option<&'a mut Aggregates>,
    /// What messages call the place.
    pub place: &'static str,
    /// What has to be true for the value to be looked at.
    pub guards: Vec<Expr>,
    /// The table that `in` asks.
    pub table: Option<(&'a str, &'a Shape)>,
    /// Whether a name without a stream may be a column of that table.
    pub bare_columns: bool,
}

impl<'a> Binder<'a> {
    /// A binder without aggregates.
    pub(crate) fn new(
        registry: &'a Registry,
        catalog: &'a Catalog,
        diagnostics: &'a mut Diagnostics,
        scope: &'a Scope<'a>,
        place: &'static str,
    ) -> Binder<'a> {
        Binder {
            registry,
            catalog,
            diagnostics,
            scope,
            aggregates: None,
            place,
            guards: Vec::new(),
            table: None,
            bare_columns: false,
        }
    }

    /// Binds an expression.
    pub(crate) fn bind(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Int(x) => Some(constant(Type::Int, Value::Int(*x), span)),
            ExprKind::Long(x) => Some(constant(Type::Long, Value::Long(*x), span)),
            ExprKind::Float(x) => Some(constant(Type::Float, Value::Float(*x), span)),
            ExprKind::Double(x) => Some(constant(Type::Double, Value::Double(*x), span)),
            ExprKind::Bool(x) => Some(constant(Type::Bool, Value::Bool(*x), span)),
            ExprKind::Str(x) => Some(constant(Type::String, Value::Str(x.as_str().into()), span)),
            ExprKind::Time(x) => Some(constant(Type::Long, Value::Long(x.ms), span)),
            ExprKind::Attr(attr) => self.attribute(attr),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Not(inner) => self.not(inner, span),
            ExprKind::Binary { op, op_span, lhs, rhs } => self.binary(*op, *op_span, lhs, rhs, span),
            ExprKind::IsNull(target) => self.is_null(target, span),
            ExprKind::In { condition, table } => self.is_in(condition, table, span),
        }
    }

    /// Binds a condition, which has to be a bool.
    pub(crate) fn condition(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.bind(expr)?;
        if bound.ty != Type::Bool {
            self.diagnostics.push(types::condition(what, bound.ty, bound.span));
            return None;
        }
        Some(bound)
    }

    pub(crate) fn attribute(&mut self, attr: &ast::AttrRef) -> Option<Expr> {
        if let (Some(stream), Some((name, shape))) = (&attr.stream, self.table)
            && stream.name == name
        {
            return self.table_column(attr, name, shape);
        }
        if let (None, Some((name, shape)), true) = (&attr.stream, self.table, self.bare_columns)
            && shape.find(&attr.attr.name).is_some()
        {
            return self.table_column(attr, name, shape);
        }
        if self.is_event(attr) {
            return Some(constant(Type::Object, Value::Null, attr.span));
        }
        match self.scope.find(attr) {
            Found::Expr(expr) => {
                if self.scope.outputs.is_some() {
                    self.spend(&expr)?;
                }
                Some(*expr)
            }
            Found::Unknown => None,
            Found::Wrong(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// With several inputs a bare name that is no attribute may be one of them: the event itself, as an object. Nothing that
    /// runs here has such a value.
    pub(crate) fn is_event(&self, attr: &ast::AttrRef) -> bool {
        let name = attr.attr.name.as_str();
        let input = self.scope.multi() && self.scope.input(name).is_some();
        let table = self.table.is_some_and(|(table, _)| table == name);
        attr.stream.is_none() && (input || table) && !self.scope.has_attribute(name)
    }

    fn table_column(&mut self, attr: &ast::AttrRef, name: &str, shape: &Shape) -> Option<Expr> {
        match shape.find(&attr.attr.name) {
            Some((at, field)) => {
                field.ty.map(|ty| Expr { ty, kind: field.kind, node: Node::Column(at as u32), span: attr.span })
            }
            None if shape.open => None,
            None => {
                let known: Vec<&str> = shape.fields.iter().map(|f| f.name.as_str()).collect();
                self.diagnostics.push(names::unknown_attribute(attr, Some(&format!("`{name}`")), known));
                None
            }
        }
    }

    fn not(&mut self, inner: &ast::Expr, span: Span) -> Option<Expr> {
        let bound = self.bind(inner)?;
        let parts_of_comparison = !inner.parens && matches!(inner.kind, ExprKind::Attr(_) | ExprKind::Call(_));
        self.logical_operand("not", &bound, parts_of_comparison)?;
        Some(truth(Node::Not(Box::new(bound)), span))
    }

    fn logical_operand(&mut self, op: &str, operand: &Expr, before_comparison: bool) -> Option<()> {
        if operand.ty == Type::Bool {
            return Some(());
        }
        self.diagnostics.push(types::logical(op, operand.ty, operand.span, before_comparison));
        None
    }

    fn binary(&mut self, op: BinaryOp, at: Span, lhs: &ast::Expr, rhs: &ast::Expr, span: Span) -> Option<Expr> {
        let left = self.bind(lhs);
        let right = self.bind_behind(op, left.as_ref(), rhs);
        if let BinaryOp::And | BinaryOp::Or = op {
            return self.and_or(op, left, right, span);
        }
        let (left, right) = (left?, right?);
        match arith_of(op) {
            Some(arith) => self.arithmetic(op, arith, at, left, right, span),
            None => self.comparison(op, left, right, span),
        }
    }

    /// Both operands are checked even if one of them could not be bound.
    fn and_or(&mut self, op: BinaryOp, left: Option<Expr>, right: Option<Expr>, span: Span) -> Option<Expr> {
        let fits = |b: &mut Self, side: Option<Expr>| {
            side.filter(|e| b.logical_operand(op.text(), e, false).is_some()).map(Box::new)
        };
        let (left, right) = (fits(self, left), fits(self, right));
        let (left, right) = (left?, right?);
        Some(truth(if op == BinaryOp::And { Node::And(left, right) } else { Node::Or(left, right) }, span))
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        arith: Arith,
        at: Span,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Option<Expr> {
        let Some(ty) = arithmetic_type(left.ty, right.ty) else {
            self.diagnostics.push(types::arithmetic(op, left.ty, right.ty, at));
            return None;
        };
        for side in [&left, &right] {
            // A string or bool attribute may carry a number all the same, after `cast`.
            if !side.ty.is_numeric() && matches!(side.kind, Kind::Str | Kind::Bool) {
                self.diagnostics.push(warnings::fails_always(op.text(), side.ty, side.span));
            }
        }
        Some(Expr { ty, kind: ty.kind(), node: Node::Arith(arith, Box::new(left), Box::new(right)), span })
    }

    fn comparison(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        let compare = compare_of(op)?;
        let numbers = left.ty.is_numeric() && right.ty.is_numeric();
        let equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne)
            && left.ty == right.ty
            && matches!(left.ty, Type::String | Type::Bool);
        if !numbers && !equality {
            self.diagnostics.push(types::comparison(op, left.ty, right.ty, span));
            return None;
        }
        Some(truth(Node::Compare(compare, Box::new(left), Box::new(right)), span))
    }

    fn is_null(&mut self, target: &NullTarget, span: Span) -> Option<Expr> {
        let operand = match target {
            NullTarget::Call(call) => self.call(call)?,
            NullTarget::Attr(attr) => self.attribute(attr)?,
            NullTarget::Name(name) if self.scope.input(&name.name).is_some() => {
                return self.is_event_null(&name.name, None, span);
            }
            NullTarget::Name(name) if self.table.is_some_and(|(t, _)| t == name.name) => {
                return self.is_event_null(&name.name, None, span);
            }
            NullTarget::Name(name) => self.attribute(&bare(name))?,
            NullTarget::Stream(stream) => {
                let name = marked(stream.scope, &stream.name.name);
                if self.scope.input(&name).is_none() {
                    let known = self.scope.inputs.iter().map(|i| i.label());
                    self.diagnostics.push(names::not_in_scope(&stream.name, stream.span, known));
                    return None;
                }
                return self.is_event_null(&name, stream.index.as_ref(), span);
            }
        };
        Some(truth(Node::IsNull(Box::new(operand)), span))
    }

    /// The event itself is there whenever a query with one input runs; that of a state may be missing, and that of a side of a join
    /// has a timestamp if it is there.
    fn is_event_null(&mut self, name: &str, index: Option<&ast::Index>, span: Span) -> Option<Expr> {
        let slot = self.scope.inputs.iter().position(|i| i.is(name));
        if let (Some(captured), Some(slot)) = (&self.scope.captured, slot)
            && (index.is_some() || self.scope.own != Some(slot))
        {
            return Some(truth(captured.node(self.scope, slot, index, What::Missing), span));
        }
        if let (Some(times), Some(slot), None) = (self.scope.times, slot, self.scope.own) {
            let node = Node::Attr(times + slot as u32);
            let time = Expr { ty: Type::Long, kind: Kind::I64, node, span };
            return Some(truth(Node::IsNull(Box::new(time)), span));
        }
        Some(constant(Type::Bool, Value::Bool(false), span))
    }

    fn is_in(&mut self, condition: &ast::Expr, table: &Ident, span: Span) -> Option<Expr> {
        let catalog = self.catalog;
        let entry = catalog.get(&table.name);
        let outside = self.table;
        match entry {
            Some(entry) if entry.class == Class::Table => {
                self.table = catalog.key(&table.name).map(|name| (name, &entry.shape));
                if outside.is_some() {
                    self.diagnostics.push(unsupported::in_condition(table.span));
                }
            }
            _ => {
                let known = catalog.names(&[Class::Table]);
                self.diagnostics.push(names::not_a_table(table, entry.map(|e| e.class), known));
            }
        }
        let bound = self.condition(condition, "the condition of `in`");
        self.table = outside;
        let number = entry.filter(|e| e.class == Class::Table)?.number;
        let condition = catalog.tables.borrow_mut()[number].condition(number, bound?);
        Some(truth(Node::In(Box::new(condition)), span))
    }
}

/// A bare name as a reference to an attribute.
pub(crate) fn bare(name: &Ident) -> ast::AttrRef {
    ast::AttrRef {
        scope: ast::Scope::Plain,
        stream: None,
        index: None,
        second: None,
        attr: name.clone(),
        span: name.span,
    }
}

/// A constant.
pub(crate) fn constant(ty: Type, value: Value, span: Span) -> Expr {
    Expr { ty, kind: ty.kind(), node: Node::Const(value), span }
}

/// True where `expr` is not.
pub(crate) fn negated(expr: Expr) -> Expr {
    let span = expr.span;
    truth(Node::Not(Box::new(expr)), span)
}

fn truth(node: Node, span: Span) -> Expr {
    Expr { ty: Type::Bool, kind: Kind::Bool, node, span }
}

/// The widest of the number types among the two; one side may be no number.
fn arithmetic_type(a: Type, b: Type) -> Option<Type> {
    [Type::Double, Type::Float, Type::Long, Type::Int].into_iter().find(|t| a == *t || b == *t)
}

fn arith_of(op: BinaryOp) -> Option<Arith> {
    Some(match op {
        BinaryOp::Add => Arith::Add,
        BinaryOp::Sub => Arith::Subtract,
        BinaryOp::Mul => Arith::Multiply,
        BinaryOp::Div => Arith::Divide,
        BinaryOp::Mod => Arith::Modulo,
        _ => return None,
    })
}

fn compare_of(op: BinaryOp) -> Option<Compare> {
    Some(match op {
        BinaryOp::Eq => Compare::Equal,
        BinaryOp::Ne => Compare::NotEqual,
        BinaryOp::Lt => Compare::Less,
        BinaryOp::Le => Compare::LessOrEqual,
        BinaryOp::Gt => Compare::Greater,
        BinaryOp::Ge => Compare::GreaterOrEqual,
        _ => return None,
    })
}
