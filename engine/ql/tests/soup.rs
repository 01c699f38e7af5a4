//! Random texts: soups of tokens, and apps with random cuts, never make the parser panic; random expressions and
//! queries come back from their printed text.

mod common;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Words that a text is made of, those that matter for the grammar more often than others.
const WORDS: &[&str] = &[
    "define",
    "stream",
    "table",
    "window",
    "trigger",
    "function",
    "aggregation",
    "partition",
    "with",
    "begin",
    "end",
    "from",
    "select",
    "group",
    "by",
    "having",
    "order",
    "limit",
    "offset",
    "output",
    "every",
    "snapshot",
    "events",
    "insert",
    "into",
    "delete",
    "update",
    "or",
    "set",
    "on",
    "return",
    "as",
    "of",
    "join",
    "left",
    "outer",
    "unidirectional",
    "within",
    "per",
    "and",
    "not",
    "in",
    "is",
    "null",
    "for",
    "all",
    "first",
    "last",
    "int",
    "string",
    "sec",
    "min",
    "true",
    "at",
    "a",
    "b",
    "S",
    "T",
    "e1",
    "f",
    "`q q`",
    "1",
    "2L",
    "1.5",
    ".5f",
    "5d",
    "'x'",
    "\"y\"",
    "\"\"\"z\"\"\"",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ".",
    "...",
    ":",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    "->",
    "#",
    "!",
    "@",
    "@app:",
    "#window.",
    "{",
    "}",
    "$",
    "é",
    "'",
    "\"",
    "`",
    "/*",
    "--",
    "\n",
    "&&",
    "||",
    "define stream S (a int);",
    "from S",
    "insert into O;",
    "partition with (a of S) begin",
    "e1=S ->",
    "not S for 1 sec",
];

const APPS: &[&str] = &[
    "@app:name('x') define stream S (a int, s string); @info(name='q') from S[a > 5]#window.length(5) select a, sum(a) as t \
     group by s having t > 1 order by a desc limit 5 output last every 5 sec insert into O;",
    "define stream S (a int); from every e1=S -> not S[a == e1.a] for 5 sec within 1 min select e1.a as x update or insert \
     into T set T.a = x on T.a == x; partition with (a > 1 as 'x' or a < 1 as 'y' of S) begin from S insert into #I; end;",
    "define table T (a int); define aggregation A from S select sum(a) as t group by b aggregate by c every sec ... day; \
     from S as x left outer join T as y on x.a == y.a within 'p' per 'q' select x.a as b delete T for all events;",
];

/// Texts of expressions that are in order.
fn expression() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "a",
        "S.a",
        "#S.b",
        "e1[0].a",
        "e1[last - 1].b",
        "1",
        "-1",
        "2L",
        "1.5",
        "-.5f",
        "'x'",
        "\"it's\"",
        "true",
        "5 sec",
        "a is null",
        "e1 is null",
        "f()",
        "count()",
        "min(a)",
        "`q q`",
        "`true`",
        "null",
        "1 hour 20 min",
        "1e300",
    ]);
    leaf.prop_map(str::to_string).prop_recursive(6, 40, 3, |inner| {
        let operators = vec!["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or"];
        prop_oneof![
            4 => (inner.clone(), select(operators), inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            2 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("not ({a})")),
            1 => inner.clone().prop_map(|a| format!("({a}) in T")),
            1 => vec(inner, 1..4).prop_map(|args| format!("ns:f({})", args.join(", "))),
        ]
    })
}

/// Texts of patterns and sequences, in order or not.
fn states() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "S",
        "e1=S",
        "e2=S[a > e1.a]",
        "S<2:3>",
        "S<2>",
        "S+",
        "S*",
        "S and T",
        "not S for 1 sec",
        "not S and T",
        "not S for 1 sec or T",
        "every S",
        "every not S for 1 sec",
    ]);
    leaf.prop_map(str::to_string).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" -> ")),
            1 => vec(inner.clone(), 2..4).prop_map(|parts| parts.join(", ")),
            2 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.prop_map(|a| format!("every ({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soups(words in vec((select(WORDS), select(vec!["", " ", " ", " ", "\n"])), 0..60)) {
        let text: String = words.iter().flat_map(|(word, blank)| [*word, *blank]).collect();
        common::check_any(&text);
    }

    #[test]
    fn characters(text in "(\\PC|[\\x00-\\x20'\"`{}@;()]){0,80}") {
        common::check_any(&text);
        common::check_any(&format!("define stream S (a int); from S[{text}] insert into O;"));
    }

    #[test]
    fn cuts(app in select(APPS), from in 0usize..500, length in 0usize..12, word in select(WORDS)) {
        let from = from.min(app.len());
        let to = (from + length).min(app.len());
        common::check_any(&format!("{}{word}{}", &app[..from], &app[to..]));
    }

    #[test]
    fn expressions(first in expression(), second in expression()) {
        common::reprint_app(&format!("define stream S (a int); from S[{first}] select {second} as x insert into O"));
    }

    #[test]
    fn patterns(states in states()) {
        let app = format!("define stream S (a int); from {states} select 1 as x insert into O");
        common::check_any(&app);
    }
}
