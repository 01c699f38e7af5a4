//! Tables against a list of rows: whatever is indexed, look-ups find what a walk over all rows finds, in the table's order.

use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Kind, Reader, Schema, Sel, Type, Value, Writer};
use riddhi_exec::expr::Rows;
use riddhi_exec::table::{Assigned, Finder, Place, Refusal, Table};
use riddhi_plan::expr::{Compare, Expr, Node};
use riddhi_plan::table::{Access, TablePlan};
use riddhi_ql::Span;

/// Rows `(sym string, v int, w double)`.
type Row = [Value; 3];

fn schema() -> Schema {
    let attributes = [("sym", Type::String), ("v", Type::Int), ("w", Type::Double)];
    Schema { attributes: attributes.map(|(name, ty)| Attribute::new(name, ty)).to_vec() }
}

fn expr(ty: Type, node: Node) -> Expr {
    Expr { ty, kind: ty.kind(), node, span: Span::default() }
}

fn ty(at: u32) -> Type {
    schema().attributes[at as usize].ty
}

/// `T.column op column`, the right side of the event.
fn compare(op: Compare, column: u32) -> Expr {
    let sides = [Node::Column(column), Node::Attr(column)].map(|node| Box::new(expr(ty(column), node)));
    let [a, b] = sides;
    expr(Type::Bool, Node::Compare(op, a, b))
}

fn and(a: Expr, b: Expr) -> Expr {
    expr(Type::Bool, Node::And(Box::new(a), Box::new(b)))
}

fn columns(rows: &[Row], arena: &mut Arena) -> Vec<Column> {
    let mut cols: Vec<Column> = schema().attributes.iter().map(|a| Column::new(a.kind)).collect();
    for row in rows {
        cols.iter_mut().zip(row).for_each(|(c, v)| assert!(c.push_value(v, arena)));
    }
    cols
}

/// The values of the rows found for each event.
fn find(finder: &Finder, table: &mut Table, events: &[Row]) -> Vec<Vec<Row>> {
    let mut arena = Arena::new();
    let cols = columns(events, &mut arena);
    let rows = Rows::of(&cols, Sel::From(0), events.len());
    let mut found = finder.found();
    finder.find(table, &rows, &mut arena, &mut found);
    let lists: Vec<Vec<Row>> =
        (0..events.len()).map(|i| found.of(i).iter().map(|&s| value(table, s)).collect()).collect();
    finder.exists(table, &rows, &mut arena, &mut found);
    let there: Vec<bool> = found.ends.iter().map(|&e| e != 0).collect();
    assert_eq!(there, lists.iter().map(|l| !l.is_empty()).collect::<Vec<_>>());
    lists
}

fn value(table: &Table, slot: u32) -> Row {
    std::array::from_fn(|c| table.cols()[c].value(slot as usize, table.arena()))
}

fn all(table: &Table) -> Vec<Row> {
    let mut slots = Vec::new();
    table.all(&mut slots);
    slots.into_iter().map(|s| value(table, s)).collect()
}

fn insert(table: &mut Table, row: &Row) -> Result<(), Refusal> {
    let mut arena = Arena::new();
    let cols = columns(std::slice::from_ref(row), &mut arena);
    table.insert(&cols, 0, &arena)
}

fn text(s: &str) -> Value {
    Value::Str(s.into())
}

fn row(sym: &str, v: i32) -> Row {
    [text(sym), Value::Int(v), Value::Double(f64::from(v) / 2.0)]
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }

    fn row(&mut self) -> Row {
        let n = self.below(40);
        let sym = match self.below(8) {
            0 => Value::Null,
            1..4 => text(&format!("a name of more than twelve bytes {n}")),
            _ => text(&format!("n{n}")),
        };
        let v = if self.below(10) == 0 { Value::Null } else { Value::Int(self.below(30) as i32) };
        [sym, v, Value::Double(self.below(20) as f64)]
    }
}

fn alike(a: &Row, b: &Row) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

/// `op` of the language between two values of one type.
fn holds(op: Compare, a: &Value, b: &Value) -> bool {
    let order = match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ => return op == Compare::NotEqual,
    };
    match op {
        Compare::Equal => order.is_eq(),
        Compare::NotEqual => order.is_ne(),
        Compare::Less => order.is_lt(),
        Compare::LessOrEqual => order.is_le(),
        Compare::Greater => order.is_gt(),
        Compare::GreaterOrEqual => order.is_ge(),
    }
}

fn random_table(key: &[u32], indexed: &[u32], steps: u64) {
    let mut plan = TablePlan::new("T".into(), schema(), key.to_vec(), indexed, Span::default());
    let mut tests: Vec<(Expr, Vec<(Compare, u32)>)> = Vec::new();
    let ops = [
        Compare::Equal,
        Compare::NotEqual,
        Compare::Less,
        Compare::LessOrEqual,
        Compare::Greater,
        Compare::GreaterOrEqual,
    ];
    for column in 0..3 {
        for op in ops.into_iter().filter(|&op| column > 0 || matches!(op, Compare::Equal | Compare::NotEqual)) {
            tests.push((compare(op, column), vec![(op, column)]));
            let two = vec![(op, column), (Compare::GreaterOrEqual, 1), (Compare::Less, 2)];
            let more = and(compare(Compare::GreaterOrEqual, 1), compare(Compare::Less, 2));
            tests.push((and(compare(op, column), more), two));
        }
    }
    let both = vec![(Compare::Equal, 0), (Compare::Equal, 1)];
    tests.push((and(compare(Compare::Equal, 0), compare(Compare::Equal, 1)), both));
    let conditions: Vec<_> = tests.into_iter().map(|(e, parts)| (plan.condition(0, e), parts)).collect();
    let finders: Vec<_> = conditions.iter().map(|(c, parts)| (Finder::compile(c), &c.access, parts)).collect();
    let plan = Arc::new(plan);
    let mut table = Table::new(plan.clone(), 1000);
    let mut random = Random(steps);
    // Rows in the order in which they came; a key's null equals null.
    let mut model: Vec<Row> = Vec::new();
    // A table with neither key nor index is a list, one with indexes alone a set.
    let (list, set_of_rows) = (key.is_empty() && indexed.is_empty(), key.is_empty() && !indexed.is_empty());
    let mut lost = false;
    let same_key = |a: &Row, b: &Row| key.iter().all(|&k| a[k as usize] == b[k as usize]);
    for step in 0..steps {
        let event = random.row();
        match random.below(6) {
            0..3 => {
                let twice = !key.is_empty() && model.iter().any(|r| same_key(r, &event));
                assert_eq!(insert(&mut table, &event), if twice { Err(Refusal::Duplicate) } else { Ok(()) });
                let there = set_of_rows && model.iter().any(|r| alike(r, &event));
                if !(twice || lost || there) {
                    model.push(event);
                }
            }
            3 => {
                let mut slots = Vec::new();
                table.all(&mut slots);
                slots.retain(|&s| value(&table, s)[1] == event[1]);
                slots.into_iter().for_each(|s| table.remove(s));
                let last_goes = model.last().is_some_and(|r| r[1] == event[1]);
                model.retain(|r| r[1] != event[1]);
                lost = list && !model.is_empty() && (lost || last_goes);
            }
            _ => {
                let mut slots = Vec::new();
                table.all(&mut slots);
                slots.retain(|&s| value(&table, s)[2] == event[2]);
                let column = random.below(3) as usize;
                let mut arena = Arena::new();
                let cols = columns(&vec![event.clone(); slots.len()], &mut arena);
                let set =
                    Assigned { column: column as u32, values: &cols[column], place: Place::From(0), arena: &arena };
                let mut next = model.clone();
                let hit: Vec<usize> = (0..model.len()).filter(|&i| model[i][2] == event[2]).collect();
                hit.iter().for_each(|&i| next[i][column] = event[column].clone());
                let empties = key.contains(&(column as u32))
                    && event[column].is_null()
                    && hit.iter().any(|&i| !model[i][column].is_null());
                let clash = !key.is_empty() && (0..next.len()).any(|i| (0..i).any(|j| same_key(&next[i], &next[j])));
                let wanted = match (empties, clash) {
                    (true, _) => Err(Refusal::NullKey),
                    (_, true) => Err(Refusal::Duplicate),
                    _ => Ok(()),
                };
                assert_eq!(table.update(&slots, 1, |_| set), wanted, "step {step}");
                if wanted.is_ok() {
                    lost &= !hit.iter().any(|&i| i + 1 == model.len());
                    model = next;
                    if set_of_rows {
                        // Those that were changed come in again, and equal rows are one.
                        let twin = |&i: &usize| {
                            let others = (0..model.len()).filter(|j| !hit.contains(j) || *j < i);
                            others.into_iter().any(|j| alike(&model[j], &model[i]))
                        };
                        let twins: Vec<usize> = hit.iter().copied().filter(twin).collect();
                        twins.iter().rev().for_each(|&i| drop(model.remove(i)));
                    }
                }
            }
        }
        assert_eq!(table.len(), model.len());
        if step % 16 != 0 {
            continue;
        }
        let rows = all(&table);
        let sorted = |mut rows: Vec<Row>| {
            rows.sort_by_key(|r| format!("{r:?}"));
            rows
        };
        assert_eq!(sorted(rows.clone()), sorted(model.clone()));
        if key.is_empty() {
            assert_eq!(rows, model);
        }
        let events: Vec<Row> = (0..20).map(|_| random.row()).collect();
        for (finder, access, parts) in &finders {
            let whole_key = matches!(access, Access::Equal { index: 0, .. }) && !key.is_empty();
            for (event, found) in events.iter().zip(find(finder, &mut table, &events)) {
                let is = |r: &&Row| {
                    parts.iter().all(|&(op, c)| {
                        let (a, b) = (&r[c as usize], &event[c as usize]);
                        let null_key = whole_key && key.contains(&c) && op == Compare::Equal;
                        holds(op, a, b) || (null_key && a.is_null() && b.is_null())
                    })
                };
                assert_eq!(found, rows.iter().filter(is).cloned().collect::<Vec<_>>(), "{parts:?} of {event:?}");
            }
        }
        let mut bytes = Writer::default();
        table.save(&mut bytes);
        let mut again = Table::new(plan.clone(), 1000);
        again.load(&mut Reader::new(&bytes.bytes)).unwrap();
        let mut twice = Writer::default();
        again.save(&mut twice);
        assert_eq!((all(&again), &twice.bytes), (rows, &bytes.bytes));
        if step % 64 == 0 {
            table = again;
        }
    }
}

#[test]
fn look_ups_find_what_a_walk_finds() {
    random_table(&[], &[], 700);
    random_table(&[], &[0, 1], 700);
    random_table(&[1], &[2], 700);
    random_table(&[0], &[1], 700);
    random_table(&[0, 1], &[2], 700);
    random_table(&[1, 1], &[], 300);
}

#[test]
fn rows_come_in_the_order_of_the_key() {
    let table = |key: &[u32]| {
        Table::new(Arc::new(TablePlan::new("T".into(), schema(), key.to_vec(), &[], Span::default())), 1000)
    };
    let mut numbers = table(&[1]);
    for v in [5, -3, 9, 0] {
        insert(&mut numbers, &row("x", v)).unwrap();
    }
    insert(&mut numbers, &[text("x"), Value::Null, Value::Null]).unwrap();
    let keys: Vec<Value> = all(&numbers).into_iter().map(|[_, v, _]| v).collect();
    assert_eq!(keys, [Value::Null, Value::Int(-3), Value::Int(0), Value::Int(5), Value::Int(9)]);
    // As Java 17 lists a HashMap of these keys.
    let mut texts = table(&[0]);
    for (n, sym) in ["WSO2", "IBM", "GOOG", "AAPL", "FB"].into_iter().enumerate() {
        insert(&mut texts, &row(sym, n as i32)).unwrap();
    }
    let keys: Vec<String> = all(&texts).into_iter().map(|[sym, ..]| sym.to_string()).collect();
    assert_eq!(keys, ["GOOG", "AAPL", "IBM", "WSO2", "FB"]);
}

#[test]
fn strings_of_rows_that_are_gone_take_no_room() {
    let mut table = Table::new(Arc::new(TablePlan::new("T".into(), schema(), vec![0], &[], Span::default())), 1000);
    let long = |n: i32| row(&format!("{n} {}", "x".repeat(1000)), n);
    for n in 0..5000 {
        insert(&mut table, &long(n)).unwrap();
        if n >= 10 {
            let mut slots = Vec::new();
            table.all(&mut slots);
            let oldest = slots.into_iter().min_by_key(|&s| value(&table, s)[1].to_string().parse::<i32>().unwrap());
            table.remove(oldest.unwrap());
        }
    }
    assert!(table.bytes() < 200_000, "{}", table.bytes());
    assert_eq!(table.len(), 10);
}

#[test]
fn a_full_table_refuses_rows() {
    let mut table = Table::new(Arc::new(TablePlan::new("T".into(), schema(), vec![], &[], Span::default())), 2);
    assert_eq!([1, 2, 3].map(|v| insert(&mut table, &row("a", v))), [Ok(()), Ok(()), Err(Refusal::Full)]);
    assert_eq!(Kind::I32, table.cols()[1].kind());
}
