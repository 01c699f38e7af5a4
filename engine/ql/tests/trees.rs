//! How expressions, patterns and sequences group: input, and the tree with all parentheses.

mod common;

use riddhi_ql::ast::{Args, Element, Expr, ExprKind, NullTarget, QueryInput, State, StateKind};
use riddhi_ql::{parse, parse_expression, parse_time};

/// An expression with parentheses around every operation.
fn full(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Not(inner) => format!("(not {})", full(inner)),
        ExprKind::Binary { op, lhs, rhs, .. } => format!("({} {op} {})", full(lhs), full(rhs)),
        ExprKind::In { condition, table } => format!("({} in {table})", full(condition)),
        ExprKind::IsNull(NullTarget::Name(name)) => format!("(name {name} is null)"),
        ExprKind::IsNull(NullTarget::Stream(stream)) => format!("(event {stream} is null)"),
        ExprKind::IsNull(target) => format!("({target} is null)"),
        ExprKind::Call(call) => match &call.args {
            Args::List(args) => format!("{}({})", call.name, args.iter().map(full).collect::<Vec<_>>().join(", ")),
            Args::Star(_) => expr.to_string(),
        },
        ExprKind::Attr(_) => expr.to_string(),
        ExprKind::Time(time) => format!("Time({})", time.ms),
        kind => format!("{kind:?}"),
    }
}

#[test]
fn expressions() {
    for (text, tree) in [
        ("a", "a"),
        ("1 + 2 * 3", "(Int(1) + (Int(2) * Int(3)))"),
        ("a - b - c", "((a - b) - c)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("a-5", "(a - Int(5))"),
        ("a -5", "(a - Int(5))"),
        ("a - -5", "(a - Int(-5))"),
        ("- 5", "Int(-5)"),
        ("+5 + +5", "(Int(5) + Int(5))"),
        ("not a == b", "((not a) == b)"),
        ("not (a == b)", "(not (a == b))"),
        ("not not a and b", "((not (not a)) and b)"),
        ("not a is null", "(not (name a is null))"),
        ("not -5 > a", "((not Int(-5)) > a)"),
        ("a == b in T", "((a == b) in T)"),
        ("a == b in T in U and c", "((((a == b) in T) in U) and c)"),
        ("a and b == c in T", "(a and ((b == c) in T))"),
        ("a in T == b", "((a in T) == b)"),
        ("a < b == c < d", "((a < b) == (c < d))"),
        ("a == b < c", "(a == (b < c))"),
        ("a or b and c or d", "((a or (b and c)) or d)"),
        ("a * b / c % d", "(((a * b) / c) % d)"),
        ("a.b is null or e1[0] is null", "((a.b is null) or (event e1[0] is null))"),
        ("#S is null", "(event #S is null)"),
        ("f(a) is null", "(f(a) is null)"),
        ("!S.a == #T.b", "(!S.a == #T.b)"),
        ("e1[last - 2].x + e1[ 0 ].x", "(e1[last - 2].x + e1[0].x)"),
        ("a#b.c + a[1]#b[last].c", "(a#b.c + a[1]#b[last].c)"),
        ("math:sin(x) * count() - f(*)", "((sin(x) * count()) - f(*))"),
        ("true and FALSE", "(Bool(true) and Bool(false))"),
        ("true.x", "`true`.x"),
        ("`true`", "`true`"),
        ("not", "`not`"),
        ("not + 5", "(not Int(5))"),
        ("null", "`null`"),
        ("select + from", "(`select` + `from`)"),
        ("or(a, b) or and(c)", "(or(a, b) or and(c))"),
        ("min(a) + 5 min", "(min(a) + Time(300000))"),
        ("`a b`.`from`", "`a b`.`from`"),
        ("'it' + \"it's\"", "(Str(\"it\") + Str(\"it's\"))"),
        ("\"\"\"a\n\"b\\n\"\"\"", "Str(\"a\\n\\\"b\\\\n\")"),
        ("'a\\'", "Str(\"a\\\\\")"),
        ("007", "Int(7)"),
        ("-2147483648", "Int(-2147483648)"),
        ("-9223372036854775808l", "Long(-9223372036854775808)"),
        ("5f + .5F + 5.f + 1e2f", "(((Float(5.0) + Float(0.5)) + Float(5.0)) + Float(100.0))"),
        ("5d + .5 + 5.e3 + 5.D", "(((Double(5.0) + Double(0.5)) + Double(5000.0)) + Double(5.0))"),
        ("1e400 + 1e40f - 1e-400", "((Double(inf) + Float(inf)) - Double(0.0))"),
    ] {
        match parse_expression(text) {
            Ok(expr) => {
                assert_eq!(full(&expr), tree, "the tree of {text:?}");
                let printed = expr.to_string();
                let again = parse_expression(&printed).expect("the printed expression parses");
                assert_eq!(common::shape(&expr), common::shape(&again), "{text:?} is printed as {printed:?}");
            }
            Err(diagnostics) => panic!("{}", common::shown(&diagnostics, text)),
        }
    }
}

#[test]
fn times() {
    for (text, ms) in [
        ("1 sec", 1_000),
        ("1 hour 20 min", 4_800_000),
        ("1 year 1 month 1 week 1 day 1 hour 1 minute 1 second 1 millisecond", 34_822_861_001),
        ("12 MONTHS", 31_104_000_000),
        ("0 sec", 0),
        ("3000000000 millisec", 3_000_000_000),
        ("9223372036854775807 year", -31_536_000_000),
    ] {
        let time = parse_time(text).expect(text);
        assert_eq!(time.ms, ms, "{text}");
        let again = parse_time(&time.to_string()).expect("the printed time parses");
        assert_eq!(again.ms, ms, "{text} is printed as {time}");
    }
}

/// A state with brackets around every chain.
fn states(state: &State) -> String {
    match &state.kind {
        StateKind::Next(parts) => format!("[{}]", parts.iter().map(states).collect::<Vec<_>>().join(" ")),
        StateKind::Every(inner) => format!("every {}", states(inner)),
        StateKind::Stream(stream) => stream.to_string(),
        StateKind::Count(stream, quantifier) => format!("{stream}{quantifier}"),
        StateKind::Logical { op, left, right } => format!("({} {op} {})", states(left), states(right)),
        StateKind::Absent(input, Some(time)) => format!("not {input}:{}", time.ms),
        StateKind::Absent(input, None) => format!("not {input}"),
    }
}

#[test]
fn patterns_and_sequences() {
    for (text, tree) in [
        ("A -> B", "P [A B]"),
        ("every A -> B -> C", "P [every A B C]"),
        ("every (A -> B) -> C", "P [every [A B] C]"),
        ("(A -> B) -> C", "P [[A B] C]"),
        ("(every A -> B) -> C", "P [[every A B] C]"),
        ("((A))", "P A"),
        ("every A", "P every A"),
        ("e1=A[x > 1]<2:5> -> e2=#B", "P [e1=A[x > 1]<2:5> e2=#B]"),
        ("A<2> -> B<2:> -> C<:2>", "P [A<2> B<2:> C<0:2>]"),
        ("A and e2=B -> C or D", "P [(A and e2=B) (C or D)]"),
        ("every (A and B)", "P every (A and B)"),
        ("every A and B", "P every (A and B)"),
        ("not A and B", "P (not A and B)"),
        ("(not A and B) -> C", "P [(not A and B) C]"),
        ("every (not A and B) -> C", "P [every (not A and B) C]"),
        ("A -> not B and C", "P [A (not B and C)]"),
        ("every (every A -> B)", "refused"),
        ("(A -> not B for 1 sec) -> C", "P [[A not B:1000] C]"),
        ("A -> not B for 1 sec", "P [A not B:1000]"),
        ("A -> (not B for 1 sec)", "refused"),
        ("(not A for 1 sec)", "P not A:1000"),
        ("(not A for 1 sec -> B) -> C", "refused"),
        ("every (not A for 1 sec -> B)", "P every [not A:1000 B]"),
        ("every (every not A for 1 sec -> B)", "P every [every not A:1000 B]"),
        ("A -> not B for 1 sec -> not C for 1 sec", "refused"),
        ("not A for 1 sec -> not B for 1 sec -> C", "refused"),
        ("A, B", "S [A B]"),
        ("every A+, B*, C?", "S [every A<1:> B<0:> C<0:1>]"),
        ("A<2>, B", "S [A<2> B]"),
        ("A, (B, C)", "S [A [B C]]"),
        ("(A, B), C", "refused"),
        ("A, not B for 1 sec", "S [A not B:1000]"),
        ("A, not B for 1 sec, C", "S [A not B:1000 C]"),
        ("every A, not B for 1 sec, C", "S [every [A not B:1000] C]"),
        ("every A, not B for 1 sec, C, D", "S [every [A not B:1000 C] D]"),
        ("every not A for 1 sec, B", "S [every not A:1000 B]"),
        ("every not A for 1 sec, B, C", "S [every [not A:1000 B] C]"),
        ("every (not A for 1 sec), B, C", "S [every not A:1000 B C]"),
        ("every A, B, not C for 1 sec", "S [every A B not C:1000]"),
        ("not A for 1 sec, not B for 1 sec, C", "refused"),
        ("every A, B", "S [every A B]"),
        ("(not A and B), C", "S [(not A and B) C]"),
        ("A, every B", "refused"),
        ("every (A, B), C", "refused"),
        ("A, B -> C", "refused"),
        ("A+", "refused"),
        ("A+ -> B", "refused"),
        ("A and B and C", "refused"),
        ("A<2> and B", "refused"),
        ("not A", "refused"),
        ("not A or B", "refused"),
        ("not A and not B", "refused"),
        ("not A for 1 sec and not B", "refused"),
        ("not e1=A for 1 sec", "refused"),
        ("not A<2> for 1 sec", "refused"),
        ("every every A -> B", "refused"),
        ("e1=A#window.length(2) -> B", "refused"),
    ] {
        let app = format!("define stream A (x int); from {text} insert into Out;");
        let parsed = parse(&app);
        let shown = match parsed.app.elements.first() {
            Some(Element::Query(query)) => match &query.input {
                QueryInput::Pattern(input) => format!("P {}", states(&input.root)),
                QueryInput::Sequence(input) => format!("S {}", states(&input.root)),
                other => format!("{other:?}"),
            },
            _ => "refused".to_string(),
        };
        assert_eq!(shown, tree, "the tree of {text:?}");
        match shown == "refused" {
            true => assert_eq!(parsed.diagnostics.len(), 1, "{}", common::shown(&parsed.diagnostics, &app)),
            false => drop(common::reprint_app(&app)),
        }
    }
}
