//! Tables: what they are, what changes them, and conditions over an event and a row of a table.
//!
//! A condition's expressions name the event's attributes by [`Node::Attr`] and the table's columns by [`Node::Column`].

mod split;

use std::ops::Range;
use std::sync::Arc;

use riddhi_batch::{Kind, Schema, Type, Value};
use riddhi_ql::Span;

use crate::expr::{Expr, Node};
use crate::store::StorePlan;

pub(crate) use split::both;

/// A table.
#[derive(Clone, Debug)]
pub struct TablePlan {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub schema: Schema,
    /// Columns of the primary key, in the order of the annotation; empty if there is none.
    pub key: Vec<u32>,
    /// In which order rows are found.
    pub order: RowOrder,
    /// Its indexes; with a primary key the first is that of the key.
    pub indexes: Vec<IndexPlan>,
    /// Whether it makes do with the indexes that it has: it is there already.
    pub fixed: bool,
    /// Where its rows are, if not in memory.
    pub store: Option<Arc<StorePlan>>,
    /// The number that its next condition gets.
    pub conditions: u32,
    /// Where it is defined.
    pub span: Span,
}

/// The number of the condition that holds for all rows of a table; no other has it.
pub const ALL_ROWS: u32 = 0;

/// The number of the condition that compares the primary key with that of an event which is a row.
pub const OWN_KEY: u32 = 1;

/// The first number of a condition of the text.
const FIRST_CONDITION: u32 = 2;

/// In which order a table's rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOrder {
    /// As they were inserted; an updated row keeps its place.
    Inserted,
    /// By the primary key, one number, rising; null first.
    Key,
    /// As a hash map of Java lists the texts of the primary key.
    Hash,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPlan {
    /// Its columns, each once.
    pub columns: Vec<u32>,
    /// What it can look up.
    pub form: IndexForm,
    /// Whether it is the primary key's: no two rows have the same key.
    pub unique: bool,
    /// Whether the text asks for it; else some condition does.
    pub declared: bool,
}

/// What an index can look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexForm {
    /// Equal keys.
    Hash,
    /// A range of one number.
    Ordered,
}

/// A condition over an event and a row of a table.
#[derive(Clone, Debug)]
pub struct TableCondition {
    /// Number of the table.
    pub table: usize,
    /// Its number among the conditions of the table.
    pub number: u32,
    /// How the rows that may do are looked up.
    pub access: Access,
    /// What must hold beside that; a bool.
    pub rest: Option<Expr>,
    /// The table's name and those of its columns, for EXPLAIN.
    pub names: Arc<(String, Vec<String>)>,
}

/// How rows of a table are looked up. Expressions are over the event alone, and of the type and kind of their columns.
#[derive(Clone, Debug)]
pub enum Access {
    /// All rows.
    Scan,
    /// Rows whose columns equal these values.
    Equal {
        /// Number of the index.
        index: usize,
        /// The index's columns.
        columns: Vec<u32>,
        /// A value for each of them.
        keys: Vec<Expr>,
    },
    /// Rows whose column lies between these values.
    Range {
        /// Number of the index; all rows are looked at by the index's rules if the table does not have it.
        index: usize,
        /// The column.
        column: u32,
        /// Lowest value, and whether it is one of the range.
        low: Option<(Expr, bool)>,
        /// Highest value, and whether it is one of the range.
        high: Option<(Expr, bool)>,
    },
}

/// What the rows of a stream do to a table.
#[derive(Clone, Debug)]
pub struct ChangePlan {
    /// Number of the table.
    pub table: usize,
    /// What they do.
    pub change: Change,
}

/// A change of a table by one event.
#[derive(Clone, Debug)]
pub enum Change {
    /// The event becomes a row.
    Insert,
    /// Rows for which the condition holds go.
    Delete(TableCondition),
    /// Rows for which the condition holds get new values.
    Update(TableCondition, Vec<SetPlan>),
    /// The same; an event without such a row becomes a row, when those of its chunk are done that have one.
    UpdateOrInsert(TableCondition, Vec<SetPlan>),
}

impl Change {
    /// Whether it makes rows.
    pub fn inserts(&self) -> bool {
        matches!(self, Change::Insert | Change::UpdateOrInsert(..))
    }

    /// The condition that tells which rows it changes.
    pub fn condition(&self) -> Option<&TableCondition> {
        match self {
            Change::Insert => None,
            Change::Delete(condition) | Change::Update(condition, _) | Change::UpdateOrInsert(condition, _) => {
                Some(condition)
            }
        }
    }

    /// All expressions inside.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Change::Insert => Vec::new(),
            Change::Delete(condition) => condition.expressions().collect(),
            Change::Update(condition, sets) | Change::UpdateOrInsert(condition, sets) => {
                condition.expressions().chain(sets.iter().map(|s| &s.value)).collect()
            }
        }
    }
}

/// One assignment. They are done in the order of the columns, later ones see earlier ones.
#[derive(Clone, Debug)]
pub struct SetPlan {
    /// The column.
    pub column: u32,
    /// What it gets, over the event and the row.
    pub value: Expr,
}

impl TablePlan {
    /// A table with its key and its indexes; `key` in the order of the annotation.
    pub fn new(name: String, schema: Schema, key: Vec<u32>, indexed: &[u32], span: Span) -> TablePlan {
        let numeric = |c: u32| schema.attributes[c as usize].ty.is_numeric();
        let order = match key[..] {
            [] => RowOrder::Inserted,
            [one] if numeric(one) => RowOrder::Key,
            _ => RowOrder::Hash,
        };
        let indexes = Vec::new();
        let conditions = FIRST_CONDITION;
        let mut table = TablePlan { name, schema, key, order, indexes, fixed: false, store: None, conditions, span };
        if !table.key.is_empty() {
            let mut columns = table.key.clone();
            columns.sort_unstable();
            columns.dedup();
            table.indexes.push(IndexPlan { columns, form: IndexForm::Hash, unique: true, declared: true });
        }
        for &column in indexed {
            table.index(vec![column], IndexForm::Hash, true);
        }
        table
    }

    /// Whether it is a set of rows: it has indexes by the text and no primary key.
    pub fn is_set(&self) -> bool {
        self.key.is_empty() && self.store.is_none() && self.indexes.iter().any(|i| i.declared)
    }

    /// Whether it is a mere list of rows.
    pub fn is_list(&self) -> bool {
        self.key.is_empty() && self.store.is_none() && !self.is_set()
    }

    /// The number of an index of these columns and this form, which is added if there is none.
    fn index(&mut self, columns: Vec<u32>, form: IndexForm, declared: bool) -> usize {
        let known = self.indexes.iter().position(|i| i.columns == columns && i.form == form);
        known.unwrap_or_else(|| {
            self.indexes.push(IndexPlan { columns, form, unique: false, declared });
            self.indexes.len() - 1
        })
    }
}

impl TableCondition {
    /// Holds for all rows of a table.
    pub fn all(table: usize, plan: &TablePlan) -> TableCondition {
        let columns = plan.schema.attributes.iter().map(|a| a.name.clone()).collect();
        let names = Arc::new((plan.name.clone(), columns));
        TableCondition { table, number: ALL_ROWS, access: Access::Scan, rest: None, names }
    }

    /// Holds for the row of a table that has the primary key of an event with the table's columns; none if it has no such key.
    pub fn own_key(table: usize, plan: &TablePlan) -> Option<TableCondition> {
        let columns = plan.indexes.first().filter(|i| i.unique)?.columns.clone();
        let value = |&c: &u32| Expr::attribute(&plan.schema, c as usize, plan.span);
        let keys = columns.iter().map(value).collect();
        let access = Access::Equal { index: 0, columns, keys };
        Some(TableCondition { number: OWN_KEY, access, ..TableCondition::all(table, plan) })
    }

    /// Holds for no row from now on.
    pub(crate) fn never(&mut self) {
        let span = self.rest.as_ref().map_or(Span::default(), |e| e.span);
        let never = Expr { ty: Type::Bool, kind: Kind::Bool, node: Node::Const(Value::Bool(false)), span };
        self.rest = Some(never);
    }

    /// All expressions inside.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let (keys, bounds): (&[Expr], _) = match &self.access {
            Access::Scan => (&[], [None, None]),
            Access::Equal { keys, .. } => (keys, [None, None]),
            Access::Range { low, high, .. } => (&[], [low.as_ref(), high.as_ref()]),
        };
        keys.iter().chain(bounds.into_iter().flatten().map(|(e, _)| e)).chain(&self.rest)
    }

    /// The same, to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (keys, bounds): (&mut [Expr], _) = match &mut self.access {
            Access::Scan => (&mut [], [None, None]),
            Access::Equal { keys, .. } => (keys, [None, None]),
            Access::Range { low, high, .. } => (&mut [], [low.as_mut(), high.as_mut()]),
        };
        keys.iter_mut().chain(bounds.into_iter().flatten().map(|(e, _)| e)).chain(&mut self.rest)
    }
}

/// Of a condition bound over the attributes of two inputs in a row, of which those in `columns` are a table's: the same over
/// an event and a row of the table. The event's attributes behind the table's move up.
pub fn over_table(mut on: Expr, columns: &Range<u32>) -> Expr {
    on.visit_mut(&mut |e| {
        if let Node::Attr(a) = e.node {
            e.node = match a {
                a if columns.contains(&a) => Node::Column(a - columns.start),
                a if a >= columns.end => Node::Attr(a - (columns.end - columns.start)),
                a => Node::Attr(a),
            };
        }
    });
    on
}
