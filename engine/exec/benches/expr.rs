//! Expressions over a slab of 256 rows and over one row.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riddhi_batch::{Arena, Column, Data, Kind, Sel, Str, Type, Value};
use riddhi_exec::expr::{Program, Rows, Scratch};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};
use riddhi_plan::registry::{ArgType, Failed, Registry};
use riddhi_ql::Span;

const ROWS: usize = 256;

fn expr(ty: Type, node: Node) -> Expr {
    Expr { ty, kind: ty.kind(), node, span: Span::default() }
}

fn attr(at: u32, ty: Type) -> Expr {
    expr(ty, Node::Attr(at))
}

fn double(x: f64) -> Expr {
    expr(Type::Double, Node::Const(Value::Double(x)))
}

fn int(x: i32) -> Expr {
    expr(Type::Int, Node::Const(Value::Int(x)))
}

fn text(x: &str) -> Expr {
    expr(Type::String, Node::Const(Value::Str(x.into())))
}

fn compare(op: Compare, a: Expr, b: Expr) -> Expr {
    expr(Type::Bool, Node::Compare(op, Box::new(a), Box::new(b)))
}

fn arith(ty: Type, op: Arith, a: Expr, b: Expr) -> Expr {
    expr(ty, Node::Arith(op, Box::new(a), Box::new(b)))
}

fn and(a: Expr, b: Expr) -> Expr {
    expr(Type::Bool, Node::And(Box::new(a), Box::new(b)))
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let mut registry = Registry::default();
    riddhi_exec::functions::register(&mut registry);
    let of = |a: &Expr| ArgType { ty: a.ty, kind: a.kind, constant: None, attribute: None };
    let types: Vec<ArgType> = args.iter().map(of).collect();
    let bound = registry.find_scalar("", name).and_then(|f| f.bind(&types).ok()).expect("bound");
    let node = Node::Call { name: name.into(), kernel: Arc::clone(&bound.kernel), volatility: bound.volatility, args };
    Expr { ty: bound.ty, kind: bound.kind, node, span: Span::default() }
}

/// price double, volume int, symbol string of eight values, time long, and the price with nulls.
fn columns(arena: &mut Arena) -> Vec<Column> {
    let mut price = Column::new(Kind::F64);
    let mut volume = Column::new(Kind::I32);
    let mut symbol = Column::new(Kind::Str);
    let mut time = Column::new(Kind::I64);
    let mut sparse = Column::new(Kind::F64);
    let mut x = 1u64;
    for i in 0..4 * ROWS {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        price.push_f64((x >> 40) as f64 * 100.0 / (1 << 24) as f64);
        volume.push_i32((x >> 33) as i32 % 1000);
        symbol.push_str(Str::new(format!("SYM{}", x >> 61).as_bytes(), arena));
        time.push_i64(i as i64);
        if x >> 60 == 0 { sparse.push_null() } else { sparse.push_f64((x >> 57) as f64) }
    }
    vec![price, volume, symbol, time, sparse]
}

fn cases() -> Vec<(&'static str, Expr)> {
    let price = || attr(0, Type::Double);
    let volume = || attr(1, Type::Int);
    let symbol = || attr(2, Type::String);
    let time = || attr(3, Type::Long);
    let sparse = || attr(4, Type::Double);
    let half = || compare(Compare::Greater, price(), double(50.0));
    let three = || {
        and(and(half(), compare(Compare::Less, volume(), int(500))), compare(Compare::Equal, symbol(), text("SYM3")))
    };
    vec![
        ("price > 50.0", half()),
        ("price > 50.0 (nulls)", compare(Compare::Greater, sparse(), double(50.0))),
        ("volume > 500.0 (int, double)", compare(Compare::Greater, volume(), double(500.0))),
        ("three terms", three()),
        ("symbol == 'SYM3'", compare(Compare::Equal, symbol(), text("SYM3"))),
        ("symbol == long text", compare(Compare::Equal, symbol(), text("a rather long symbol"))),
        ("price * volume > 100.0", {
            let product = arith(Type::Double, Arith::Multiply, price(), volume());
            compare(Compare::Greater, product, double(100.0))
        }),
        ("price * 1.1 + 2.0", {
            arith(Type::Double, Arith::Add, arith(Type::Double, Arith::Multiply, price(), double(1.1)), double(2.0))
        }),
        ("volume + 1", arith(Type::Int, Arith::Add, volume(), int(1))),
        ("price / volume", arith(Type::Double, Arith::Divide, price(), volume())),
        ("time % 10", arith(Type::Long, Arith::Modulo, time(), expr(Type::Long, Node::Const(Value::Long(10))))),
        ("ifThenElse(price > 50.0, price, 0.0)", call("ifThenElse", vec![half(), price(), double(0.0)])),
        ("coalesce(sparse, price)", call("coalesce", vec![sparse(), price()])),
        ("maximum(price, sparse)", call("maximum", vec![price(), sparse()])),
        ("convert(volume, 'string')", call_convert(volume(), "string")),
        ("convert(volume, 'double')", call_convert(volume(), "double")),
    ]
}

fn call_convert(value: Expr, ty: &str) -> Expr {
    let word = text(ty);
    let mut registry = Registry::default();
    riddhi_exec::functions::register(&mut registry);
    let types = [
        ArgType { ty: value.ty, kind: value.kind, constant: None, attribute: None },
        ArgType { ty: Type::String, kind: Kind::Str, constant: Some(Value::Str(ty.into())), attribute: None },
    ];
    let bound = registry.find_scalar("", "convert").and_then(|f| f.bind(&types).ok()).expect("bound");
    let node = Node::Call {
        name: "convert".into(),
        kernel: bound.kernel,
        volatility: bound.volatility,
        args: vec![value, word],
    };
    Expr { ty: bound.ty, kind: bound.kind, node, span: Span::default() }
}

fn bench(c: &mut Criterion) {
    let mut arena = Arena::new();
    let cols = columns(&mut arena);
    let kept = arena.len();
    let scattered: Vec<u32> = (0..ROWS as u32).map(|i| i * 3).collect();
    let (mut scratch, mut failed, mut hits) = (Scratch::new(), Failed::default(), Vec::new());

    for (shape, n) in [("from", ROWS), ("rows", ROWS), ("one", 1)] {
        let mut group = c.benchmark_group(shape);
        group.throughput(Throughput::Elements(n as u64));
        for (name, expr) in cases() {
            let program = Program::compile(&expr);
            let sel = if shape == "rows" { Sel::Rows(&scattered) } else { Sel::From(17) };
            if expr.ty == Type::Bool {
                group.bench_function(format!("select {name}"), |b| {
                    b.iter(|| {
                        hits.clear();
                        program.select(
                            black_box(&Rows::of(&cols, sel, n)),
                            &mut arena,
                            &mut scratch,
                            &mut hits,
                            &mut failed,
                        );
                        hits.len()
                    })
                });
                continue;
            }
            let mut out = Column::new(program.kind());
            group.bench_function(format!("eval {name}"), |b| {
                b.iter(|| {
                    out.clear();
                    arena.bytes_mut().truncate(kept);
                    program.eval(black_box(&Rows::of(&cols, sel, n)), &mut arena, &mut scratch, &mut out, &mut failed);
                    matches!(out.data, Data::Any(_))
                })
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
