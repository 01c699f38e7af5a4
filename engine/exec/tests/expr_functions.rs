//! The core functions on single values, as Siddhi 5.1.30 answers; `cast(x, ...)` makes values of another type than declared.

use riddhi_batch::{Arena, Column, Kind, Sel, Type, Value};
use riddhi_exec::expr::{Program, Rows, Scratch, Source, reference};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};
use riddhi_plan::registry::{ArgType, Failed, Registry, RowCx};
use riddhi_ql::Span;

fn node(ty: Type, kind: Kind, node: Node) -> Expr {
    Expr { ty, kind, node, span: Span::default() }
}

fn bind(name: &str, args: Vec<Expr>) -> Result<Expr, String> {
    let mut registry = Registry::default();
    riddhi_exec::functions::register(&mut registry);
    let of = |a: &Expr| ArgType {
        ty: a.ty,
        kind: a.kind,
        constant: if let Node::Const(v) = &a.node { Some(v.clone()) } else { None },
        attribute: None,
    };
    let types: Vec<ArgType> = args.iter().map(of).collect();
    let function = registry.find_scalar("", name).expect("a function of that name");
    let bound = function.bind(&types).map_err(|e| e.message)?;
    let call = Node::Call { name: name.into(), kernel: bound.kernel, volatility: bound.volatility, args };
    Ok(node(bound.ty, bound.kind, call))
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    bind(name, args).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn constant(value: Value) -> Expr {
    let ty = value.ty().expect("a constant is not null");
    node(ty, ty.kind(), Node::Const(value))
}

fn text(x: &str) -> Expr {
    constant(Value::Str(x.into()))
}

fn int(x: i32) -> Expr {
    constant(Value::Int(x))
}

fn cast(x: Expr, ty: &str) -> Expr {
    call("cast", vec![x, text(ty)])
}

fn convert(x: Expr, ty: &str) -> Expr {
    call("convert", vec![x, text(ty)])
}

fn compare(op: Compare, a: Expr, b: Expr) -> Expr {
    node(Type::Bool, Kind::Bool, Node::Compare(op, Box::new(a), Box::new(b)))
}

fn add(ty: Type, a: Expr, b: Expr) -> Expr {
    node(ty, ty.kind(), Node::Arith(Arith::Add, Box::new(a), Box::new(b)))
}

/// Attributes `i l f d b s o`.
const ATTRIBUTES: [(&str, Type); 7] = [
    ("i", Type::Int),
    ("l", Type::Long),
    ("f", Type::Float),
    ("d", Type::Double),
    ("b", Type::Bool),
    ("s", Type::String),
    ("o", Type::Object),
];

fn attr(name: &str) -> Expr {
    let at = ATTRIBUTES.iter().position(|(n, _)| *n == name).expect("an attribute of that name");
    node(ATTRIBUTES[at].1, ATTRIBUTES[at].1.kind(), Node::Attr(at as u32))
}

/// A row with values, one of nulls, and one of odd values.
fn rows() -> [Vec<Value>; 3] {
    let set = |x| Value::Set(vec![x]);
    [
        vec![
            Value::Int(5),
            Value::Long(7),
            Value::Float(1.5),
            Value::Double(2.5),
            Value::Bool(true),
            Value::Str("a".into()),
            set(Value::Str("a".into())),
        ],
        vec![Value::Null; 7],
        vec![
            Value::Int(-3),
            Value::Long(-9007199254740993),
            Value::Float(-1.5),
            Value::Double(f64::NAN),
            Value::Bool(false),
            Value::Str("17".into()),
            set(Value::Null),
        ],
    ]
}

/// What the three rows give; `None` where the row fails. By the reference and by the program, all rows and one by one.
fn check(expr: Expr, wanted: [Option<Value>; 3]) {
    let mut arena = Arena::new();
    let mut cols: Vec<Column> = ATTRIBUTES.iter().map(|(_, ty)| Column::new(ty.kind())).collect();
    for row in rows() {
        for (column, value) in cols.iter_mut().zip(&row) {
            assert!(column.push_value(value, &mut arena));
        }
    }
    let program = Program::compile(&expr);
    let mut scratch = Scratch::new();
    for (first, n) in [(0, 3), (0, 1), (1, 1), (2, 1)] {
        let input = Source { cols: &cols, sel: Sel::From(first) };
        let rows = Rows { n, input, computed: Source::NONE, ts: &[7; 3], now: &[8; 3], serial: 0, seed: 0 };
        let (mut out, mut failed) = (Column::new(program.kind()), Failed::default());
        program.eval(&rows, &mut arena, &mut scratch, &mut out, &mut failed);
        for i in 0..n {
            let got = (!failed.is(i)).then(|| out.value(i, &arena));
            assert_eq!(got, wanted[first + i], "row {} of {:?}", first + i, expr.node);
        }
    }
    for (row, wanted) in rows().iter().zip(&wanted) {
        let got = reference::value(&expr, row, &[], &RowCx { ts: 7, now: 8, ..RowCx::default() }).ok();
        assert_eq!(&got, wanted, "{:?}", expr.node);
    }
}

fn bools(wanted: [Option<bool>; 3]) -> [Option<Value>; 3] {
    wanted.map(|x| x.map(Value::Bool))
}

fn ints(wanted: [Option<i32>; 3]) -> [Option<Value>; 3] {
    wanted.map(|x| Some(x.map_or(Value::Null, Value::Int)))
}

fn texts(wanted: [Option<&str>; 3]) -> [Option<Value>; 3] {
    wanted.map(|x| Some(x.map_or(Value::Null, |x| Value::Str(x.into()))))
}

#[test]
fn cast_relabels() {
    check(cast(attr("s"), "bool"), bools([None, Some(false), None]));
    check(cast(attr("b"), "BOOL"), bools([Some(true), Some(false), Some(false)]));
    check(cast(attr("i"), "string"), ints([Some(5), None, Some(-3)]));
    check(cast(attr("i"), "long"), [Some(Value::Long(5)), Some(Value::Null), Some(Value::Long(-3))]);
    check(compare(Compare::Equal, cast(attr("i"), "string"), text("5")), bools([Some(false); 3]));
    check(compare(Compare::NotEqual, cast(attr("i"), "string"), text("5")), bools([Some(true); 3]));
    check(compare(Compare::Equal, cast(attr("d"), "int"), int(5)), bools([None, Some(false), None]));
    check(compare(Compare::Greater, cast(attr("d"), "int"), int(5)), bools([None, Some(false), None]));
    check(add(Type::Int, cast(attr("d"), "int"), int(1)), ints([Some(3), None, Some(1)]));
    check(add(Type::Int, cast(attr("i"), "string"), int(1)), ints([Some(6), None, Some(-2)]));
    check(add(Type::Int, cast(attr("s"), "int"), int(1)), [None, Some(Value::Null), None]);
    check(add(Type::Int, cast(attr("o"), "int"), int(1)), [None, Some(Value::Null), None]);
}

#[test]
fn convert_converts() {
    check(convert(attr("s"), "int"), ints([None, None, Some(17)]));
    check(convert(attr("s"), "double"), [Some(Value::Null), Some(Value::Null), Some(Value::Double(17.0))]);
    check(convert(attr("s"), "bool"), bools([Some(false); 3]));
    check(convert(attr("d"), "int"), ints([Some(2), None, Some(0)]));
    check(convert(attr("l"), "int"), ints([Some(7), None, Some(-1)]));
    check(convert(attr("o"), "string"), texts([Some("[a]"), None, Some("[null]")]));
    check(convert(attr("b"), "string"), texts([Some("true"), None, Some("false")]));
    check(convert(attr("f"), "string"), texts([Some("1.5"), None, Some("-1.5")]));
    check(convert(attr("l"), "string"), texts([Some("7"), None, Some("-9007199254740993")]));
    check(convert(cast(attr("s"), "int"), "string"), texts([Some("a"), None, Some("17")]));
    check(convert(cast(attr("s"), "int"), "int"), texts([Some("a"), None, Some("17")]));
    check(convert(cast(attr("s"), "int"), "long"), [None, Some(Value::Null), None]);
    check(convert(cast(attr("d"), "int"), "long"), [None, Some(Value::Null), None]);
}

#[test]
fn one_of_the_arguments() {
    check(call("coalesce", vec![cast(attr("s"), "int"), attr("i")]), texts([Some("a"), None, Some("17")]));
    check(call("coalesce", vec![attr("b"), attr("b")]), bools([Some(true), Some(false), Some(false)]));
    check(call("default", vec![attr("i"), int(9)]), ints([Some(5), Some(9), Some(-3)]));
    check(call("ifThenElse", vec![attr("b"), attr("i"), int(7)]), ints([Some(5), Some(7), Some(7)]));
    let fails = add(Type::Int, cast(attr("s"), "int"), int(1));
    let wanted = [None, Some(Value::Int(2)), Some(Value::Int(2))];
    check(call("ifThenElse", vec![attr("b"), fails, int(2)]), wanted);
    check(call("ifThenElse", vec![cast(attr("s"), "bool"), int(1), int(2)]), [None, Some(Value::Int(2)), None]);
}

/// Siddhi starts from 0, so that row 2 would be 0 (mended: M54).
#[test]
fn extremes_are_of_what_is_there() {
    check(call("maximum", vec![attr("i"), int(-4)]), ints([Some(5), Some(-4), Some(-3)]));
    check(call("maximum", vec![attr("i"), attr("i")]), ints([Some(5), None, Some(-3)]));
    check(call("minimum", vec![attr("i")]), ints([Some(5), None, Some(-3)]));
    let big = || constant(Value::Long(-9007199254740992));
    check(
        call("minimum", vec![attr("l"), big()]),
        rows_of_longs([-9007199254740992, -9007199254740992, -9007199254740993]),
    );
    let one = constant(Value::Double(1.0));
    check(call("maximum", vec![attr("d"), one]), [2.5, 1.0, 1.0].map(|x| Some(Value::Double(x))));
    check(call("maximum", vec![cast(attr("s"), "int"), attr("i")]), ints([Some(5), None, Some(-3)]));
}

fn rows_of_longs(wanted: [i64; 3]) -> [Option<Value>; 3] {
    wanted.map(|x| Some(Value::Long(x)))
}

#[test]
fn the_others() {
    check(call("eventTimestamp", vec![]), rows_of_longs([7; 3]));
    check(call("currentTimeMillis", vec![]), rows_of_longs([8; 3]));
    check(call("instanceOfInteger", vec![cast(attr("i"), "string")]), bools([Some(true), Some(false), Some(true)]));
    check(call("instanceOfString", vec![attr("o")]), bools([Some(false); 3]));
    check(call("sizeOfSet", vec![attr("o")]), ints([Some(1), Some(0), Some(1)]));
    let sets = [Value::Float(1.5), Value::Null, Value::Float(-1.5)].map(|x| Some(Value::Set(vec![x])));
    check(call("createSet", vec![attr("f")]), sets);
}

#[test]
fn arguments_are_refused_as_siddhi_refuses_them() {
    let five = || int(5);
    for (name, args) in [
        ("cast", vec![attr("i"), text("object")]),
        ("cast", vec![attr("i"), attr("s")]),
        ("cast", vec![attr("i"), five()]),
        ("cast", vec![attr("i")]),
        ("convert", vec![attr("o"), text("int")]),
        ("convert", vec![attr("i"), attr("s")]),
        ("convert", vec![attr("i"), text("object")]),
        ("convert", vec![attr("i")]),
        ("coalesce", vec![attr("i"), attr("l")]),
        ("coalesce", vec![]),
        ("default", vec![attr("i"), constant(Value::Long(5))]),
        ("default", vec![attr("i"), attr("i")]),
        ("default", vec![attr("o"), five()]),
        ("default", vec![attr("i"), add(Type::Int, five(), five())]),
        ("ifThenElse", vec![attr("b"), attr("i"), attr("l")]),
        ("ifThenElse", vec![attr("i"), attr("i"), attr("i")]),
        ("ifThenElse", vec![attr("b"), attr("i")]),
        ("maximum", vec![attr("l"), five()]),
        ("maximum", vec![attr("s"), attr("s")]),
        ("minimum", vec![]),
        ("eventTimestamp", vec![attr("i")]),
        ("currentTimeMillis", vec![five()]),
        ("UUID", vec![five()]),
        ("instanceOfString", vec![]),
        ("instanceOfString", vec![attr("s"), attr("s")]),
        ("createSet", vec![attr("o")]),
        ("createSet", vec![attr("i"), attr("i")]),
        ("sizeOfSet", vec![attr("i")]),
        ("sizeOfSet", vec![cast(attr("o"), "int")]),
    ] {
        let shown = format!("{name}({args:?})");
        assert!(bind(name, args).is_err(), "{shown}");
    }
}

#[test]
fn uuids_depend_on_seed_row_and_place() {
    let at = |start| Expr { span: Span { start, end: 90 }, ..call("UUID", vec![]) };
    let run = |expr: &Expr, serial, seed| {
        let (mut arena, mut out, mut failed) = (Arena::new(), Column::new(Kind::Str), Failed::default());
        let rows = Rows { n: 3, input: Source::NONE, computed: Source::NONE, ts: &[], now: &[], serial, seed };
        Program::compile(expr).eval(&rows, &mut arena, &mut Scratch::new(), &mut out, &mut failed);
        (0..3).map(|i| out.value(i, &arena)).collect::<Vec<_>>()
    };
    assert_eq!(run(&at(1), 5, 2), run(&at(1), 5, 2));
    assert_eq!(run(&at(1), 5, 2)[1..], run(&at(1), 6, 2)[..2]);
    assert_ne!(run(&at(1), 5, 2), run(&at(1), 5, 3));
    assert_ne!(run(&at(1), 5, 2), run(&at(2), 5, 2));
}

/// On a stack as large as a main thread's, which the reference needs when it is not optimised.
#[test]
fn a_chain_as_long_as_the_language_lets_it_be() {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(chains).expect("a thread");
    thread.join().expect("no panic");
}

fn chains() {
    let terms = 1000;
    let sum = (1..terms).fold(attr("i"), |sum, _| add(Type::Int, sum, attr("i")));
    check(sum, ints([Some(5 * terms), None, Some(-3 * terms)]));
    let deep = (1..terms).fold(attr("i"), |sum, _| add(Type::Int, attr("i"), sum));
    check(deep, ints([Some(5 * terms), None, Some(-3 * terms)]));
    let and = |all, _| node(Type::Bool, Kind::Bool, Node::And(Box::new(attr("b")), Box::new(all)));
    check((1..terms).fold(attr("b"), and), bools([Some(true), Some(false), Some(false)]));
}
