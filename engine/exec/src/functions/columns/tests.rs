//! Over columns each function gives what it gives row by row.

use proptest::prelude::*;
use riddhi_batch::{Arena, Column, Kind, Type, Value};
use riddhi_plan::registry::{Arg, ArgType, Failed, KernelCx, Registry, RowCx};

/// Functions and the types of their arguments: `s` string, `i` int, `l` long, `f` float, `d` double, `b` bool,
/// `p` a pattern, `w` what replaces, `u` a unit, `y` how a date
/// looks.
const FUNCTIONS: &str = "
    math:abs i l f d; math:acos d; math:asin f; math:atan d; math:cbrt d; math:ceil f d; math:cos d; math:cosh d; math:exp d;
    math:floor f d; math:ln l d; math:log10 d; math:log2 d; math:round f d; math:sin d; math:sinh d; math:sqrt d; math:tan d;
    math:tanh d; math:toDegrees d; math:toRadians d; math:getExponent d f; math:isInfinite d f; math:isNan d f; math:signum i d;
    math:atan dd il; math:copySign dd if; math:max di ll fd dd; math:min dd id lf; math:power dd ii; math:log dd;
    math:parseInt s; math:parseDouble s;
    str:charAt si; str:charFrequency ss; str:contains ss; str:equalsIgnoreCase ss; str:hex s; str:length s; str:locate ss ssi;
    str:lower s; str:upper s; str:repeat si; str:reverse s; str:strcmp ss; str:trim s; str:concat ss sss sis sssssssss lsd fsb ii;
    str:substr si sii sp spi; str:regexp sp; str:replaceAll spw; str:replaceFirst spw; str:split spi;
    regex:find ps psi; regex:matches ps; regex:lookingAt ps; regex:group psi;
    time:extract lu; time:dateDiff ll; time:dateFormat ly";

const TEXTS: &[&str] = &[
    "",
    "a",
    "S1",
    "s1",
    "S12345",
    "  x ",
    "\t",
    "abcdefghijkl",
    "ABCDEFGHIJKLM",
    "Zürich",
    "İstanbul",
    "\u{212a}elvin",
    "ß",
    "😀",
    "a😀b",
    "ΑΣ",
    "1a22b333",
    "a longer text with 12 words",
    " around a text that is long ",
    "ein längerer Text über Straßen",
    "x\n",
    "x\r\n",
    "\u{0}zero",
    "a,b,,c",
    "42",
    "-7",
    "1.5e3",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
];
const PATTERNS: &[&str] = &[
    "[0-9]+", "[02468]$", "a", "a*", "", "(a)(b)?", "\\bS", "^s", "(?i)s", ".", "[^a]", "\\w+", "(x|a)+?", "\\s*",
    "a$", "(?<n>.)1", "(a)\\1", "(?=1)", "ü", "\\p{L}+", "(?m)x$", "\\B", "\\b", "no", "a{2,3}", "(",
];
const WITH: &[&str] = &["#", "", "$1", "<$0>", "\\$", "ü", "a longer replacement", "$9"];
const DATES: &[&str] =
    &["yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd", "HH:mm", "hh a", "E, d MMM yyyy", "ss 'of' mm", "yyyy z", "X"];
const UNITS: &[&str] = &["HOUR", "minute", "SECOND", "DAY", "MONTH", "YEAR", "QUARTER", "WEEK"];

fn ty(code: char) -> Type {
    match code {
        'i' => Type::Int,
        'l' => Type::Long,
        'f' => Type::Float,
        'd' => Type::Double,
        'b' => Type::Bool,
        _ => Type::String,
    }
}

/// A value of an argument out of a number.
fn value(code: char, n: u64) -> Value {
    fn one<T: Copy>(of: &[T], n: u64) -> T {
        of[n as usize % of.len()]
    }
    let text = |of: &[&str]| Value::Str(one(of, n).into());
    match code {
        'i' => Value::Int(one(&[0, 1, 2, 3, -1, 12, i32::MAX, i32::MIN], n)),
        'l' => Value::Long(one(
            &[
                0,
                1,
                -1,
                1_600_000_000_000,
                1_600_000_000_001,
                1_600_000_059_999,
                -62_200_000_000_000,
                i64::MAX,
                i64::MIN,
                86_399_999,
            ],
            n,
        )),
        'f' => Value::Float(one(&[0.0, -0.0, 1.5, -2.5, f32::NAN, f32::INFINITY, 1e-40, 3.4e38], n)),
        'd' => {
            let some =
                [0.0, -0.0, 0.5, -0.5, 2.5, -3.7, f64::NAN, f64::NEG_INFINITY, 5e-324, 1e300, 4_503_599_627_370_497.5];
            Value::Double(one(&some, n))
        }
        'b' => Value::Bool(n.is_multiple_of(2)),
        'p' => text(PATTERNS),
        'w' => text(WITH),
        'u' => text(UNITS),
        'y' => text(DATES),
        _ => text(TEXTS),
    }
}

/// How an argument is given.
#[derive(Clone, Debug)]
struct Given {
    constant: bool,
    any: bool,
    first: usize,
    values: Vec<Option<u64>>,
}

fn given() -> impl Strategy<Value = Given> {
    let number = prop_oneof![12 => any::<u64>().prop_map(Some), 1 => Just(None)];
    let full = any::<u64>().prop_map(Some);
    let values = prop_oneof![prop::collection::vec(number, 12), prop::collection::vec(full, 12)];
    (any::<bool>(), prop::bool::weighted(0.1), 0..3usize, values).prop_map(|(constant, any, first, values)| Given {
        constant,
        any,
        first,
        values,
    })
}

fn same_as_by_rows(name: &str, codes: &str, n: usize, given: &[Given], broken: Option<usize>) {
    let mut registry = Registry::default();
    super::super::register(&mut registry);
    let (space, plain) = name.split_once(':').unwrap();
    let function = registry.find_scalar(space, plain).unwrap();
    let mut arena = Arena::new();
    let (mut columns, mut types) = (Vec::new(), Vec::new());
    for (code, given) in codes.chars().zip(given) {
        let constant = given.constant || code == 'u';
        let kind = if given.any && !constant { Kind::Any } else { ty(code).kind() };
        let mut column = Column::new(kind);
        let of = |n: &Option<u64>| n.filter(|_| code != 'u').or(given.values[0].or(Some(0)).filter(|_| code == 'u'));
        for x in &given.values {
            column.push_value(&of(x).map_or(Value::Null, |n| value(code, n)), &mut arena);
        }
        let first = column.value(given.first, &arena);
        let constant = (constant && !first.is_null()).then_some(first);
        types.push(ArgType { ty: ty(code), kind, constant, attribute: None });
        columns.push(column);
    }
    let Ok(bound) = function.bind(&types) else { return };
    let args: Vec<Arg<'_>> = (columns.iter().zip(given).zip(codes.chars()))
        .map(|((column, given), code)| Arg {
            column,
            first: given.first,
            constant: given.constant || code == 'u',
            failed: &[],
        })
        .collect();
    let mut failed = Failed::default();
    if let Some(i) = broken {
        failed.mark(i % n, n, riddhi_plan::registry::RowFailure::new("before"));
    }
    let (before, mut out) = (failed.clone(), Column::new(bound.kind));
    let rows: Vec<Vec<Value>> =
        (0..n).map(|i| args.iter().map(|arg| arg.column.value(arg.at(i), &arena)).collect()).collect();
    let mut cx = KernelCx { arena: &mut arena, ts: &[], now: &[], serial: 0, seed: 0 };
    bound.kernel.eval(&mut cx, &args, n, &mut out, &mut failed);
    assert_eq!(out.len(), n);
    assert!(out.nulls.is_empty() || out.nulls.len() == n);
    for (i, row) in rows.iter().enumerate() {
        if before.is(i) {
            assert!(out.is_null(i));
            continue;
        }
        let what = format!("{name} {codes} of {row:?}");
        match bound.kernel.row(&RowCx::default(), row) {
            Ok(value) => {
                assert!(!failed.is(i), "{what} failed: {}", failed.why_of(i));
                assert_eq!(format!("{:?}", out.value(i, &arena)), format!("{value:?}"), "{what}");
            }
            Err(why) => {
                assert!(failed.is(i) && out.is_null(i), "{what}");
                assert_eq!(failed.why_of(i), why.what, "{what}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn columns_give_what_rows_give(
        n in 1..9usize,
        given in prop::collection::vec(given(), 9),
        broken in prop::option::weighted(0.2, 0..9usize),
    ) {
        for entry in FUNCTIONS.split(';') {
            let mut words = entry.split_whitespace();
            let name = words.next().unwrap();
            words.for_each(|codes| same_as_by_rows(name, codes, n, &given, broken));
        }
    }
}
