//! What a store is asked: conditions are prepared once, events come in batches, and a failure leaves a batch that can be tried
//! again. A store that records its calls stands before the one in memory.

use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Schema, Sel, Type, Value};
use riddhi_exec::expr::Rows;
use riddhi_exec::table::{Answers, Events, InMemory, Prepared, ROWS_MAX, Rejected, StoreError, Table, TableStore};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};
use riddhi_plan::table::{Change, ChangePlan, SetPlan, TableCondition, TablePlan};
use riddhi_ql::Span;

/// Records what it is asked, and fails when it is told to.
struct Recorder {
    inner: InMemory,
    calls: Vec<String>,
    fails: Vec<StoreError>,
}

impl Recorder {
    fn fail(&mut self) -> Result<(), StoreError> {
        self.fails.pop().map_or(Ok(()), Err)
    }
}

impl TableStore for Recorder {
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError> {
        self.calls.push("prepare".into());
        self.inner.prepare(condition)
    }

    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError> {
        self.calls.push("prepare a change".into());
        self.inner.prepare_change(change)
    }

    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError> {
        self.calls.push(format!("look up {} by condition {}", events.rows.n, condition.0));
        self.fail()?;
        self.inner.look_up(condition, events, arena)
    }

    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError> {
        self.calls.push(format!("apply change {} to {}", change.0, events.rows.n));
        self.fail()?;
        self.inner.apply(change, events, arena)
    }
}

fn int(node: Node) -> Expr {
    Expr { ty: Type::Int, kind: Type::Int.kind(), node, span: Span::default() }
}

/// `T.column == column`.
fn equal(column: u32) -> Expr {
    let [a, b] = [Node::Column(column), Node::Attr(column)].map(|node| Box::new(int(node)));
    Expr { ty: Type::Bool, kind: Type::Bool.kind(), node: Node::Compare(Compare::Equal, a, b), span: Span::default() }
}

/// Events `(k int, v int)`, each a chunk.
fn with<T>(events: &[(i32, i32)], ends: &[u32], f: impl FnOnce(&Events<'_>, &mut Arena) -> T) -> T {
    let mut cols = [Column::new(Type::Int.kind()), Column::new(Type::Int.kind())];
    for &(k, v) in events {
        cols[0].push_i32(k);
        cols[1].push_i32(v);
    }
    let rows = Rows::of(&cols, Sel::From(0), events.len());
    f(&Events { rows, ends, names: &[] }, &mut Arena::new())
}

#[test]
fn a_store_is_asked_in_batches() {
    let attributes = ["k", "v"].map(|name| Attribute::new(name, Type::Int)).to_vec();
    let mut plan = TablePlan::new("T".into(), Schema { attributes }, vec![0], &[], Span::default());
    let condition = plan.condition(0, equal(0));
    let sum = Node::Arith(Arith::Add, Box::new(int(Node::Column(1))), Box::new(int(Node::Attr(1))));
    let sets = vec![SetPlan { column: 1, value: int(sum) }];
    let upsert = Change::UpdateOrInsert(condition.clone(), sets);
    let changes = [Change::Insert, upsert, Change::Delete(condition.clone())];
    let inner = InMemory::new(Table::new(Arc::new(plan), ROWS_MAX));
    let mut store = Recorder { inner, calls: Vec::new(), fails: Vec::new() };
    let look_up = store.prepare(&condition).unwrap();
    let [insert, upsert, delete] =
        changes.map(|change| store.prepare_change(&ChangePlan { table: 0, change }).unwrap());

    let many: Vec<(i32, i32)> = (0..100).map(|k| (k, 1)).collect();
    let ends: Vec<u32> = (1..=100).collect();
    assert_eq!(with(&many, &ends, |e, arena| store.apply(insert, e, arena)), Ok(vec![]));
    let refused = with(&[(5, 7)], &[1], |e, arena| store.apply(insert, e, arena)).unwrap();
    assert_eq!(refused, [Rejected { event: 0, reason: "table `T` has a row with this primary key".into() }]);

    // The connection goes; the same batch goes through when it is back.
    store.fails = vec![StoreError::Away("no route".into())];
    let batch = [(5, 10), (200, 1), (5, 100)];
    let mut tries = Vec::new();
    for _ in 0..2 {
        tries.push(with(&batch, &[1, 2, 3], |e, arena| store.apply(upsert, e, arena)));
    }
    assert_eq!(tries, [Err(StoreError::Away("no route".into())), Ok(vec![])]);
    assert_eq!(with(&[(7, 0), (8, 0)], &[1, 2], |e, arena| store.apply(delete, e, arena)), Ok(vec![]));

    let found = with(&[(5, 0), (7, 0), (200, 0)], &[1, 2, 3], |e, arena| {
        let answers = store.look_up(look_up, e, arena).unwrap();
        let rows = (0..answers.cols[0].len()).map(|i| answers.cols[1].value(i, arena)).collect::<Vec<_>>();
        (rows, answers.ends)
    });
    assert_eq!(found, (vec![Value::Int(111), Value::Int(1)], vec![1, 1, 2]));
    assert_eq!(store.inner.table().len(), 99);
    assert_eq!(
        store.calls,
        [
            "prepare",
            "prepare a change",
            "prepare a change",
            "prepare a change",
            "apply change 0 to 100",
            "apply change 0 to 1",
            "apply change 1 to 3",
            "apply change 1 to 3",
            "apply change 2 to 2",
            "look up 3 by condition 0",
        ]
    );
    let unknown = with(&[(1, 1)], &[1], |e, arena| store.look_up(Prepared(9), e, arena).map(|a| a.ends));
    assert_eq!(unknown, Err(StoreError::Refused("the condition was not prepared".into())));
}
