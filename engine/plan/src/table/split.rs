//! Splits a condition into a look-up and a rest: what the look-up answers is decided by an index; the rest is computed for each
//! row that it gives.

use std::sync::Arc;

use riddhi_batch::{Kind, Type, Value};

use super::{Access, IndexForm, IndexPlan, TableCondition, TablePlan};
use crate::exact::{exactly, is_unique};
use crate::expr::{Arith, Compare, Expr, Node};
use crate::registry::Volatility;

/// The parts of a condition that are joined by `and`.
#[derive(Default)]
struct Parts {
    /// Column, value: what an equality compares.
    equal: Vec<(u32, Expr, usize)>,
    /// Column, operator as if the column stood on the left, value.
    range: Vec<(u32, Compare, Expr, usize)>,
    all: Vec<Option<Expr>>,
}

impl TablePlan {
    /// Whether values of the column are of its declared type, so that an index answers as a comparison does.
    fn exact(&self, column: u32) -> bool {
        let a = &self.schema.attributes[column as usize];
        a.kind == a.ty.kind() && a.ty != Type::Object
    }

    /// Splits a condition, and adds the indexes that it asks for. Of `table`, the number.
    pub fn condition(&mut self, table: usize, on: Expr) -> TableCondition {
        let mut parts = Parts::default();
        self.take_apart(on, &mut parts);
        let access = self.access(&mut parts);
        let rest = parts.all.into_iter().flatten().reduce(both).filter(|e| !is_true(e));
        let columns = self.schema.attributes.iter().map(|a| a.name.clone()).collect();
        let number = self.conditions;
        self.conditions += 1;
        TableCondition { table, number, access, rest, names: Arc::new((self.name.clone(), columns)) }
    }

    fn take_apart(&self, expr: Expr, parts: &mut Parts) {
        let expr = match expr.node {
            Node::And(a, b) => {
                self.take_apart(*a, parts);
                return self.take_apart(*b, parts);
            }
            node => Expr { node, ..expr },
        };
        let at = parts.all.len();
        if let Node::Compare(op, a, b) = &expr.node {
            let sides = match (&a.node, &b.node) {
                (Node::Column(column), _) => Some((*column, *op, b)),
                (_, Node::Column(column)) => Some((*column, turned(*op), a)),
                _ => None,
            };
            if let Some((column, op, value)) = sides
                && let Some(value) = self.key_value(column, value, op == Compare::Equal)
            {
                match op {
                    Compare::Equal => parts.equal.push((column, value, at)),
                    Compare::NotEqual => {}
                    _ if value.ty.is_numeric() => parts.range.push((column, op, value, at)),
                    _ => {}
                }
            }
        }
        parts.all.push(Some(expr));
    }

    /// What to look up in an index of the column, if one can tell what the comparison does.
    fn key_value(&self, column: u32, value: &Expr, equal: bool) -> Option<Expr> {
        let attribute = &self.schema.attributes[column as usize];
        let fixed = !value.reads_table() && value.volatility() < Volatility::Random;
        if !self.exact(column) || !fixed || value.kind != value.ty.kind() {
            return None;
        }
        let ty = attribute.ty;
        let converts = match (ty, value.ty) {
            (a, b) if a == b => return Some(value.clone()),
            (Type::Double, b) => b.is_numeric(),
            (Type::Long, Type::Int) => true,
            (a, b) if equal && is_unique(a, b) => return Some(exactly(value, a)),
            _ => false,
        };
        // One times a value is that value in the column's type.
        let one = match ty {
            Type::Long => Value::Long(1),
            _ => Value::Double(1.0),
        };
        let one = Expr { ty, kind: ty.kind(), node: Node::Const(one), span: value.span };
        let node = Node::Arith(Arith::Multiply, Box::new(value.clone()), Box::new(one));
        converts.then_some(Expr { ty, kind: ty.kind(), node, span: value.span })
    }

    fn access(&mut self, parts: &mut Parts) -> Access {
        let equal = |column: u32| parts.equal.iter().find(|(c, ..)| *c == column);
        let covered = |index: &IndexPlan| {
            index.form == IndexForm::Hash
                && (index.declared || self.fixed)
                && index.columns.iter().all(|&c| equal(c).is_some())
        };
        let index = match self.indexes.iter().position(covered) {
            None if !parts.equal.is_empty() && !self.fixed => {
                // By an index 0.0 and -0.0 are two, and NaN is found.
                let whole = |c: &u32| !matches!(self.schema.attributes[*c as usize].ty, Type::Float | Type::Double);
                let mut columns: Vec<u32> = parts.equal.iter().map(|(c, ..)| *c).filter(whole).collect();
                columns.sort_unstable();
                columns.dedup();
                (!columns.is_empty()).then(|| self.index(columns, IndexForm::Hash, false))
            }
            found => found,
        };
        if let Some(index) = index {
            let chosen: Vec<&(u32, Expr, usize)> =
                self.indexes[index].columns.iter().filter_map(|&c| equal(c)).collect();
            let keys = chosen.iter().map(|(_, value, _)| value.clone()).collect();
            chosen.iter().for_each(|(.., at)| parts.all[*at] = None);
            return Access::Equal { index, columns: self.indexes[index].columns.clone(), keys };
        }
        self.range(parts)
    }

    fn range(&mut self, parts: &mut Parts) -> Access {
        let may = |column: u32| self.indexes.iter().any(|i| i.declared && i.columns == [column]);
        let Some(column) = parts.range.iter().map(|(c, ..)| *c).find(|&c| may(c)) else { return Access::Scan };
        let (mut low, mut high) = (None, None);
        for (_, op, value, at) in parts.range.iter().filter(|(c, ..)| *c == column) {
            let inclusive = matches!(op, Compare::LessOrEqual | Compare::GreaterOrEqual);
            let side = if matches!(op, Compare::Less | Compare::LessOrEqual) { &mut high } else { &mut low };
            if side.is_none() {
                *side = Some((value.clone(), inclusive));
                parts.all[*at] = None;
            }
        }
        Access::Range { index: self.index(vec![column], IndexForm::Ordered, false), column, low, high }
    }
}

/// Both hold.
pub(crate) fn both(a: Expr, b: Expr) -> Expr {
    let span = a.span.to(b.span);
    Expr { ty: Type::Bool, kind: Kind::Bool, node: Node::And(Box::new(a), Box::new(b)), span }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr.node, Node::Const(Value::Bool(true)))
}

/// The operator with its sides exchanged.
fn turned(op: Compare) -> Compare {
    match op {
        Compare::Less => Compare::Greater,
        Compare::LessOrEqual => Compare::GreaterOrEqual,
        Compare::Greater => Compare::Less,
        Compare::GreaterOrEqual => Compare::LessOrEqual,
        same => same,
    }
}
