//! Random tables and bound expressions, from a tape of random numbers that proptest can shrink.

use std::sync::Arc;

use proptest::prelude::*;
use riddhi_batch::{Arena, Column, Kind, Type, Value};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};
use riddhi_plan::registry::{Arg, ArgType, Failed, KernelCx, Registry, RowCx, RowFailure, ScalarKernel, Volatility};
use riddhi_ql::Span;

/// Random numbers; zeroes when they run out, which is the simplest choice everywhere.
pub struct Tape {
    choices: Vec<u32>,
    next: usize,
}

/// A tape long enough for most expressions.
pub fn tape() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..400)
}

impl Tape {
    pub fn new(choices: Vec<u32>) -> Tape {
        Tape { choices, next: 0 }
    }

    /// A number below `n`.
    pub fn pick(&mut self, n: usize) -> usize {
        let x = self.choices.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        x as usize % n
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.pick(items.len())]
    }
}

const TYPES: [Type; 7] = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];
const NUMBERS: [Type; 4] = [Type::Int, Type::Long, Type::Float, Type::Double];

/// Columns with their declared types.
pub struct Table {
    pub input: Vec<Column>,
    pub input_types: Vec<Type>,
    pub computed: Vec<Column>,
    pub computed_types: Vec<Type>,
}

impl Table {
    /// Columns of every type, some of another kind than declared, with and without nulls.
    pub fn random(tape: &mut Tape, rows: usize, arena: &mut Arena) -> Table {
        let mut table = Table { input: vec![], input_types: vec![], computed: vec![], computed_types: vec![] };
        for ty in TYPES {
            for nulls in [false, true] {
                table.input.push(column(tape, ty.kind(), rows, nulls, arena));
                table.input_types.push(ty);
            }
            let nulls = tape.pick(2) == 1;
            table.computed.push(column(tape, ty.kind(), rows, nulls, arena));
            table.computed_types.push(ty);
        }
        for ty in TYPES {
            let kind = tape.of(&TYPES).kind();
            table.input.push(column(tape, kind, rows, true, arena));
            table.input_types.push(ty);
        }
        table
    }
}

fn column(tape: &mut Tape, kind: Kind, rows: usize, nulls: bool, arena: &mut Arena) -> Column {
    // The tape is too short for every value; a few seeds of it go a long way.
    let mut x = tape.pick(1 << 16) as u64 | 1;
    let mut next = |n: usize| {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (x >> 33) as usize % n
    };
    let mut column = Column::new(kind);
    for _ in 0..rows {
        if nulls && next(4) == 0 {
            column.push_null();
            continue;
        }
        let ty = if kind == Kind::Any { TYPES[next(7)] } else { kind.native() };
        let value = odd_value(ty, &mut next);
        assert!(column.push_value(&value, arena));
    }
    column
}

/// A value of the type: often an odd one, often one that others equal.
fn odd_value(ty: Type, next: &mut dyn FnMut(usize) -> usize) -> Value {
    fn of<T: Clone>(items: &[T], next: &mut dyn FnMut(usize) -> usize) -> T {
        items[next(items.len())].clone()
    }
    match ty {
        Type::Int => Value::Int(of(&[0, 1, -1, 2, 7, 100, 16777217, i32::MIN, i32::MAX], next)),
        Type::Long => Value::Long(of(&[0, 1, -1, 3, 16777217, 1 << 33, (1 << 53) + 1, i64::MIN, i64::MAX], next)),
        Type::Float => {
            let items = [0.0, -0.0, 1.0, -1.0, 2.5, 16777216.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE, 1e30];
            Value::Float(of(&items, next))
        }
        Type::Double => {
            let items = [0.0, -0.0, 1.0, -1.0, 2.5, 1.1, 1e300, f64::NAN, f64::NEG_INFINITY, 9007199254740992.0];
            Value::Double(of(&items, next))
        }
        Type::Bool => Value::Bool(next(2) == 1),
        Type::String => {
            let long = "a string of more than twelve bytes";
            let other = "a string of more than twelve bytez";
            let items =
                ["", "a", "b", "exactly12byt", "exactly13byte", long, other, "5", "true", "ö", " 1.5 ", "0x1p3"];
            Value::Str(of(&items, next).into())
        }
        Type::Object => match next(3) {
            0 => Value::Set(vec![]),
            1 => Value::Set(vec![Value::Int(1), Value::Str("a".into())]),
            _ => Value::Long(5),
        },
    }
}

fn node(ty: Type, kind: Kind, node: Node) -> Expr {
    Expr { ty, kind, node, span: Span::default() }
}

/// An expression of a random type.
pub fn expression(tape: &mut Tape, table: &Table) -> Expr {
    let ty = tape.of(&[Type::Bool, Type::Double, Type::Int, Type::Long, Type::Float, Type::String, Type::Object]);
    typed(tape, table, ty, 4)
}

fn typed(tape: &mut Tape, table: &Table, ty: Type, depth: usize) -> Expr {
    if depth == 0 || tape.pick(6) == 0 {
        return leaf(tape, table, ty);
    }
    let d = depth - 1;
    match ty {
        _ if tape.pick(3) == 0 => call(tape, table, ty, d),
        Type::Bool => {
            let pair = |tape: &mut Tape, t, u| (Box::new(typed(tape, table, t, d)), Box::new(typed(tape, table, u, d)));
            let node_ = match tape.pick(7) {
                0 | 1 => {
                    let ops = [
                        Compare::Equal,
                        Compare::NotEqual,
                        Compare::Less,
                        Compare::LessOrEqual,
                        Compare::Greater,
                        Compare::GreaterOrEqual,
                    ];
                    let op = tape.of(&ops);
                    let (t, u) = (tape.of(&NUMBERS), tape.of(&NUMBERS));
                    let (a, b) = pair(tape, t, u);
                    Node::Compare(op, a, b)
                }
                2 => {
                    let op = tape.of(&[Compare::Equal, Compare::NotEqual]);
                    let t = tape.of(&[Type::String, Type::String, Type::Bool]);
                    let (a, b) = pair(tape, t, t);
                    Node::Compare(op, a, b)
                }
                3 => {
                    let (a, b) = pair(tape, Type::Bool, Type::Bool);
                    Node::And(a, b)
                }
                4 => {
                    let (a, b) = pair(tape, Type::Bool, Type::Bool);
                    Node::Or(a, b)
                }
                5 => Node::Not(Box::new(typed(tape, table, Type::Bool, d))),
                _ => {
                    let t = tape.of(&TYPES);
                    Node::IsNull(Box::new(typed(tape, table, t, d)))
                }
            };
            node(ty, Kind::Bool, node_)
        }
        Type::String | Type::Object => leaf(tape, table, ty),
        number => {
            // Any pair that the typing rule gives this type; now and then a side that is no number.
            let below: Vec<Type> = NUMBERS.into_iter().take_while(|t| *t != number).collect();
            let other = match tape.pick(8) {
                0 => tape.of(&[Type::String, Type::Bool]),
                1 if !below.is_empty() => tape.of(&below),
                _ => number,
            };
            let ops = [Arith::Add, Arith::Subtract, Arith::Multiply, Arith::Divide, Arith::Modulo];
            let op = tape.of(&ops);
            let (t, u) = if tape.pick(2) == 0 { (number, other) } else { (other, number) };
            let (a, b) = (typed(tape, table, t, d), typed(tape, table, u, d));
            node(ty, ty.kind(), Node::Arith(op, Box::new(a), Box::new(b)))
        }
    }
}

fn leaf(tape: &mut Tape, table: &Table, ty: Type) -> Expr {
    let choice = tape.pick(8);
    if choice < 3 && ty != Type::Object {
        return constant(tape, ty);
    }
    let (columns, types) =
        if choice == 3 { (&table.computed, &table.computed_types) } else { (&table.input, &table.input_types) };
    let fit: Vec<usize> = (0..columns.len()).filter(|&i| types[i] == ty).collect();
    let i = tape.of(&fit);
    let leaf = if choice == 3 { Node::Aggregate(i as u32) } else { Node::Attr(i as u32) };
    node(ty, columns[i].kind(), leaf)
}

/// A call of a function of the registry (or of [`Choose`]) with that declared type.
fn call(tape: &mut Tape, table: &Table, ty: Type, depth: usize) -> Expr {
    let arg = |tape: &mut Tape, ty| typed(tape, table, ty, depth);
    let (name, args) = match tape.pick(9) {
        0 => return choose(tape, table, ty, depth),
        1 => ("coalesce", vec![arg(tape, ty), arg(tape, ty), arg(tape, ty)]),
        2 if ty != Type::Object => ("default", vec![arg(tape, ty), constant(tape, ty)]),
        3 => ("ifThenElse", vec![arg(tape, Type::Bool), arg(tape, ty), arg(tape, ty)]),
        4 if ty != Type::Object => {
            let from = tape.of(&TYPES);
            ("cast", vec![arg(tape, from), word(ty)])
        }
        5 | 6 if ty != Type::Object => {
            let from = if ty == Type::String { tape.of(&TYPES) } else { tape.of(&TYPES[..6]) };
            ("convert", vec![arg(tape, from), word(ty)])
        }
        7 if ty.is_numeric() => {
            let count = 1 + tape.pick(3);
            (tape.of(&["maximum", "minimum"]), (0..count).map(|_| arg(tape, ty)).collect())
        }
        _ => match ty {
            Type::Long => (tape.of(&["eventTimestamp", "currentTimeMillis"]), vec![]),
            Type::String => ("UUID", vec![]),
            Type::Int => ("sizeOfSet", vec![arg(tape, Type::Object)]),
            Type::Object => {
                let from = tape.of(&TYPES[..6]);
                ("createSet", vec![arg(tape, from)])
            }
            Type::Bool => {
                let names = ["Boolean", "Double", "Float", "Integer", "Long", "String"];
                let names = names.map(|n| format!("instanceOf{n}"));
                let from = tape.of(&TYPES);
                return bind(&names[tape.pick(6)], vec![arg(tape, from)]);
            }
            ty => ("coalesce", vec![arg(tape, ty)]),
        },
    };
    let expr = bind(name, args);
    assert_eq!(expr.ty, ty);
    expr
}

/// Binds a call as the binder would; at a place of its own, which random values depend on.
pub fn bind(name: &str, args: Vec<Expr>) -> Expr {
    let mut registry = Registry::default();
    riddhi_exec::functions::register(&mut registry);
    let types: Vec<ArgType> = args.iter().map(arg_type).collect();
    let function = registry.find_scalar("", name).expect("a function of that name");
    let bound = function.bind(&types).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let call = Node::Call { name: name.into(), kernel: bound.kernel, volatility: bound.volatility, args };
    let span = Span { start: name.len() as u32, end: 40 };
    Expr { span, ..node(bound.ty, bound.kind, call) }
}

fn word(ty: Type) -> Expr {
    node(Type::String, Kind::Str, Node::Const(Value::Str(ty.to_string().into())))
}

fn constant(tape: &mut Tape, ty: Type) -> Expr {
    let mut next = |n: usize| tape.pick(n);
    node(ty, ty.kind(), Node::Const(odd_value(ty, &mut next)))
}

fn choose(tape: &mut Tape, table: &Table, ty: Type, depth: usize) -> Expr {
    let condition = typed(tape, table, Type::Bool, depth);
    let kind = ty.kind();
    let mut arg = || {
        let e = typed(tape, table, ty, depth);
        if e.kind == kind { e } else { nullable(ty) }
    };
    let args = vec![condition, arg(), arg()];
    node(ty, kind, Node::Call { name: "choose".into(), kernel: Arc::new(Choose), volatility: Volatility::Pure, args })
}

/// The attribute of that type that has nulls.
fn nullable(ty: Type) -> Expr {
    let at = TYPES.iter().position(|t| *t == ty).unwrap_or(0) as u32 * 2 + 1;
    node(ty, ty.kind(), Node::Attr(at))
}

/// Fails where the condition is not settled; else one of the others, which may have failed if it is not that one.
#[derive(Debug)]
struct Choose;

impl ScalarKernel for Choose {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        for i in 0..n {
            let values: Vec<Value> = args.iter().map(|a| a.column.value(a.at(i), cx.arena)).collect();
            let of = |k: usize| args[k].failed.get(i).is_some_and(|&f| f != 0);
            let used = if matches!(values[0], Value::Bool(true)) { 1 } else { 2 };
            if of(0) || of(used) {
                failed.mark(i, n, RowFailure::new("argument"));
                out.push_null();
                continue;
            }
            match self.row(&RowCx::default(), &values) {
                Ok(value) => assert!(out.push_value(&value, cx.arena)),
                Err(why) => {
                    failed.mark(i, n, why);
                    out.push_null();
                }
            }
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        match args[0] {
            Value::Null => Err(RowFailure::new("no condition")),
            Value::Bool(true) => Ok(args[1].clone()),
            _ => Ok(args[2].clone()),
        }
    }

    fn lazy(&self) -> bool {
        true
    }

    fn uses(&self, first: &Value, arg: usize) -> bool {
        arg == if matches!(first, Value::Bool(true)) { 1 } else { 2 }
    }
}

fn arg_type(e: &Expr) -> ArgType {
    ArgType {
        ty: e.ty,
        kind: e.kind,
        constant: if let Node::Const(v) = &e.node { Some(v.clone()) } else { None },
        attribute: if let Node::Attr(i) = e.node { Some(i) } else { None },
    }
}

/// The expression as text, with actual kinds.
pub fn show(e: &Expr) -> String {
    let text = match &e.node {
        Node::Const(v) => format!("{v:?}"),
        Node::Attr(i) => format!("attr{i}"),
        Node::Aggregate(i) => format!("aggregate{i}"),
        Node::Arith(op, a, b) => format!("({} {op:?} {})", show(a), show(b)),
        Node::Compare(op, a, b) => format!("({} {op:?} {})", show(a), show(b)),
        Node::And(a, b) => format!("({} and {})", show(a), show(b)),
        Node::Or(a, b) => format!("({} or {})", show(a), show(b)),
        Node::Not(a) => format!("not {}", show(a)),
        Node::IsNull(a) => format!("{} is null", show(a)),
        Node::Column(i) => format!("column{i}"),
        Node::In(condition) => format!("in table {}", condition.table),
        Node::Call { name, args, .. } => format!("{name}({})", args.iter().map(show).collect::<Vec<_>>().join(", ")),
    };
    if e.kind == e.ty.kind() { text } else { format!("{text}:{}/{:?}", e.ty, e.kind) }
}
