//! Partitions: the keys of their streams, and the streams as their queries see them.

use std::collections::HashMap;

use riddhi_batch::{Kind, Type};
use riddhi_ql::ast::{self, Partition};
use riddhi_ql::{Ident, Span};

use super::annotations::info_name;
use super::catalog::{Entry, Field, Shape};
use super::expr::Binder;
use super::multi::sources;
use super::output::inferred;
use super::query::Read;
use super::scope::{Input, Scope};
use super::{Pass, purge};
use crate::diagnose::multi as wrong;
use crate::expr::{Expr, Node};
use crate::logical::{Access, Item, Kinds, QueryPlan, Role, SelectPlan, Shared};
use crate::partition::{PartitionPlan, PartitionUse, SplitKey, SplitPlan};

/// The partition whose queries are being bound.
pub(crate) struct Open {
    /// Its number in the plan.
    number: usize,
    /// Keys by stream, with their text.
    keys: HashMap<String, (SplitKey, String)>,
    /// By outer stream: the hidden one that its queries read.
    splits: HashMap<usize, usize>,
    span: Span,
}

impl<'a> Pass<'a> {
    pub(crate) fn partition(&mut self, partition: &'a Partition) {
        let purge = purge::partition(partition, &mut self.diagnostics);
        let keys = self.partition_keys(partition);
        let types: Vec<Type> = keys.values().map(|(key, _)| key_type(key)).collect();
        let number = self.partitions.len();
        let name = info_name(&partition.annotations, &mut Default::default()).map(|n| n.name);
        let label = match &name {
            Some(name) => format!("partition {} ({name})", number + 1),
            None => format!("partition {}", number + 1),
        };
        let one_type = types.windows(2).all(|pair| pair[0] == pair[1]);
        let key = format!("partition:{}", name.unwrap_or_else(|| (number + 1).to_string()));
        self.partitions.push(PartitionPlan { label, key, purge, one_type });
        self.open = Some(Open { number, keys, splits: HashMap::new(), span: partition.span });
        self.catalog.inner = Some(Default::default());
        for query in &partition.queries {
            self.query(query);
        }
        self.catalog.inner = None;
        self.open = None;
    }

    /// Keys of a partition: the stream has to be there, and a range's condition has to be a bool. The key of a stream that no
    /// query of the partition reads is never looked at.
    fn partition_keys(&mut self, partition: &'a Partition) -> HashMap<String, (SplitKey, String)> {
        let used = sources(partition);
        let mut keys = HashMap::new();
        let mut seen: Vec<&str> = Vec::new();
        for key in &partition.keys {
            let name = &key.stream.name;
            if seen.contains(&name.as_str()) {
                self.diagnostics.push(wrong::key_twice(&key.stream));
            }
            seen.push(name);
            let source = ast::Source { scope: ast::Scope::Plain, name: key.stream.clone(), span: key.stream.span };
            let shape = self.read(&source).map_or_else(Shape::open, |r| r.shape);
            if !used.contains(&name.as_str()) {
                continue;
            }
            let input =
                Input { name: name.clone(), reference: None, shape, many: false, multi: false, state: false, first: 0 };
            let scope = Scope { inputs: vec![input], ..Scope::default() };
            let mut binder =
                Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "a partition key");
            let bound = match &key.kind {
                ast::PartitionKeyKind::Value(expr) => binder.bind(expr).map(SplitKey::Value),
                ast::PartitionKeyKind::Ranges(ranges) => {
                    let mut range = |r: &'a ast::PartitionRange| {
                        let condition = binder.condition(&r.condition, "the condition of a range");
                        condition.map(|condition| (condition, r.label.value.clone()))
                    };
                    let ranges: Vec<_> = ranges.iter().map(&mut range).collect();
                    ranges.into_iter().collect::<Option<Vec<_>>>().map(SplitKey::Ranges)
                }
            };
            if let Some(bound) = bound {
                keys.entry(name.clone()).or_insert_with(|| (bound, key.to_string()));
            }
        }
        keys
    }

    /// A stream as the queries of the open partition see it, if there is one: its events by key, with the number of the key in
    /// a last attribute without a name.
    pub(crate) fn within(&mut self, name: &str, read: Read) -> Read {
        self.within_as(name, name, read)
    }

    /// The same of what is called otherwise than what the keys are given for.
    pub(crate) fn within_as(&mut self, name: &str, called: &str, read: Read) -> Read {
        let (Some(stream), Some(open)) = (read.stream, &self.open) else { return read };
        let mut shape = read.shape;
        shape.fields.push(number_field());
        if let Some(&split) = open.splits.get(&stream) {
            return Read { shape, stream: Some(split), ..read };
        }
        let (number, span) = (open.number, open.span);
        let (key, key_text) = open.keys.get(name).cloned().unwrap_or((SplitKey::All, String::new()));
        let access = if matches!(key, SplitKey::All) { Access::Read } else { Access::Write };
        let purges = open.splits.is_empty() && self.partitions[number].purge.is_some();
        let label = format!("{called} of {}", self.partitions[number].label);
        let kinded = read.named.is_some();
        let split = self.add_hidden(&label, shape.clone(), span, kinded);
        if let Some(open) = &mut self.open {
            open.splits.insert(stream, split);
        }
        let access = if purges { Access::Write } else { access };
        self.queries.push(QueryPlan {
            key: format!("{}/{called}", self.partitions[number].key),
            text: format!("{label} {key_text}"),
            label,
            inputs: vec![stream],
            role: Role::Split(Box::new(SplitPlan { partition: number, key, purges })),
            shared: vec![(Shared::Keys(number), access)],
            schema: shape.schema(),
            output: Some(split),
            ..QueryPlan::of(Kinds::Current, span)
        });
        Read { shape, stream: Some(split), ..read }
    }

    /// Adds a stream that nobody outside reads by name; gives its number.
    fn add_hidden(&mut self, label: &str, shape: Shape, span: Span, kinded: bool) -> usize {
        self.catalog.add(label, Entry { hidden: true, kinded, ..inferred(shape, span) });
        self.catalog.get(label).map_or(0, |e| e.number)
    }

    /// Whether a query that is bound now stands in a partition.
    pub(crate) fn in_partition(&self) -> bool {
        self.open.is_some()
    }

    /// How a query of the open partition uses the keys, given the place of the number of the key in its rows.
    pub(crate) fn partition_use(&self, column: usize, keyed: bool) -> Option<PartitionUse> {
        let open = self.open.as_ref()?;
        Some(PartitionUse { number: open.number, column: column as u32, keyed })
    }

    /// The number of the inner stream that a query writes; an item with the number of the key is added to its selection.
    pub(crate) fn insert_inner(
        &mut self,
        target: &Ident,
        shape: Shape,
        check: impl FnOnce(&mut Self, &Shape, Span),
    ) -> Option<usize> {
        let number = self.open.as_ref()?.number;
        let label = format!("#{} of {}", target.name, self.partitions[number].label);
        self.note_kinds(&label, &shape);
        if let Some((known, span)) = self.catalog.inner.as_ref().and_then(|inner| inner.get(&target.name)).cloned() {
            check(self, &known, span);
            return self.catalog.get(&label).map(|e| e.number);
        }
        let mut shape = shape;
        self.assume(&label, &mut shape);
        if let Some(inner) = &mut self.catalog.inner {
            inner.insert(target.name.clone(), (shape.clone(), target.span));
        }
        shape.fields.push(number_field());
        Some(self.add_hidden(&label, shape, target.span, false))
    }

    /// An inner stream as queries of the open partition read it.
    pub(crate) fn inner_stream(&self, name: &str, mut shape: Shape) -> Read {
        let label = self.open.as_ref().map(|open| format!("#{name} of {}", self.partitions[open.number].label));
        let stream = label.and_then(|label| self.catalog.get(&label)).map(|e| e.number);
        shape.fields.push(number_field());
        Read::stream(shape, stream, false)
    }
}

/// Adds the number of the key, which stands at `column` of the rows, to what a query selects for an inner stream.
pub(crate) fn select_number(select: &mut SelectPlan, column: u32, span: Span) {
    let expr = Expr { ty: Type::Int, kind: Kind::I32, node: Node::Attr(column), span };
    select.items.push(Item { name: String::new(), expr });
}

/// Makes the number of the key a part of the group.
pub(crate) fn group_by_number(select: &mut SelectPlan, column: u32) {
    if !select.aggregates.is_empty() || !select.group_by.is_empty() {
        select.group_by.insert(0, column);
    }
}

fn number_field() -> Field {
    Field { name: String::new(), ty: Some(Type::Int), kind: Kind::I32 }
}

/// The type of a key; ranges have the type of their labels.
fn key_type(key: &SplitKey) -> Type {
    match key {
        SplitKey::Value(expr) if expr.kind == expr.ty.kind() => expr.ty,
        SplitKey::Value(_) => Type::Object,
        SplitKey::Ranges(_) | SplitKey::All => Type::String,
    }
}
