//! Every production of the grammar with texts that it derives. Each is parsed, printed and parsed again.

mod common;

/// A stream definition, for texts that are no apps by themselves.
const S: &str = "define stream S (a int); ";

/// Definitions and whole apps: (production, texts).
const APPS: &[(&str, &[&str])] = &[
    (
        "app",
        &[
            "define stream S (a int)",
            "define stream S (a int);",
            "@app:name('x') define stream S (a int); define table T (a int); from S select a insert into T",
            "define stream S (a int); $; from S select a insert into O;",
            "define stream S (a int); from S select a insert into O; é; from S select a insert into O",
            "$ @app:name('x') define stream S (a int)",
            "define stream S (a int); partition with (a of S) begin ~; from S select a insert into O; end",
        ],
    ),
    (
        "app annotation",
        &[
            "@app:playback define stream S (a int)",
            "@APP:name('x') @app:statistics(reporter='console', interval=\"5\") define stream S (a int)",
        ],
    ),
    (
        "annotation",
        &[
            "@a define stream S (a int)",
            "@Source(type='x', @map(type='json', @attributes('a', b='c')), 'd') @b define stream S (a int)",
            "@a('x') define table T (a int)",
            "@a('x') define window W (a int) length(1)",
            "@a('x') define aggregation A from S select a aggregate every sec",
            "define stream S (a int); @info(name='q') from S select a insert into O",
            "define stream S (a int); @purge(enable='true') partition with (a of S) begin from S insert into O end",
            "@app('x') define stream S (a int)",
        ],
    ),
    (
        "annotation key",
        &[
            "@a(b.c='x', d-e:f.g='y', 'quoted key'='z', from.select='w', \"\"\"k\"\"\"='v') define stream S (a int)",
            "@a(b = 'x', `odd key`='y') define stream S (a int)",
        ],
    ),
    (
        "stream definition",
        &[
            "define stream S (a string, b int, c long, d float, e double, f bool, g object)",
            "DEFINE Stream `from` (select int, `a b` STRING, int int)",
            "define stream stream (stream string)",
        ],
    ),
    ("table definition", &["define table T (a int)", "@primaryKey('a') @index('b') define table T (a int, b int)"]),
    (
        "window definition",
        &[
            "define window W (a int) length(5)",
            "define window W (a int) timeBatch(1 sec) output all events",
            "define window W (a int) ext:custom(a, 1) output expired events",
            "define window W (a int) time(1 sec) output current events",
            "define window W (a int) batch() output events",
        ],
    ),
    (
        "function definition",
        &[
            "define function f[javascript] return string { return 'x'; }",
            "define function `f g`[`r`] return int { if (a) { b(\"}\") } // }\n }",
        ],
    ),
    (
        "trigger definition",
        &[
            "define trigger T at every 5 min",
            "define trigger T at 'start'",
            "define trigger `events` at \"0 0 * * * ?\"",
        ],
    ),
    (
        "aggregation definition",
        &[
            "define aggregation A from S select a, sum(b) as c group by a aggregate by ts every sec ... year",
            "define aggregation A from S[a > 1]#f(a) select * aggregate every seconds, min, hours, day, month",
            "define aggregation A from #S select a.b aggregate by S.ts every day",
        ],
    ),
    (
        "partition",
        &[
            "define stream S (a int); partition with (a of S) begin from S insert into O end",
            "define stream S (a int); partition with (a of S, f(a) of from) begin from S insert into #I; from #I insert into O; end;",
            "define stream S (a int); partition with (a > 1 as 'x' or a <= 1 or b as \"y\" of S) begin from S insert into O; end",
        ],
    ),
];

/// What stands between `from` and the select list: (production, texts).
const INPUTS: &[(&str, &[&str])] = &[
    (
        "stream",
        &[
            "S",
            "#S",
            "!S",
            "from",
            "every",
            "S[a > 1]",
            "S#[a > 1]#f(a)#ns:g()[b]",
            "S[a]#window.length(5)[b]#f(*)",
            "S#window.ns:w(a, 1 sec)",
            "`a b`#window.time(1 min)",
            "every#window.length(1)",
            "not[a > 1]",
        ],
    ),
    (
        "join",
        &[
            "S join T",
            "S#window.length(1) as s inner join T as t on s.a == t.a",
            "S[a > 1]#f(a)#window.time(1 sec) left outer join T",
            "S right outer join T unidirectional on true",
            "S unidirectional full outer join T as from",
            "S as a unidirectional join T as b on a.x == b.x within 1L, 2L per 'days'",
            "S join A within '2020-**-** **:**:**' per a",
            "#S join !T",
        ],
    ),
    (
        "pattern",
        &[
            "A -> B within 5 sec",
            "every e1=A[x > 1] -> e2=B[y == e1.x]<2:5> -> C within 1 min 2 sec",
            "every (e1=A -> B) -> every C",
            "A<1> -> B<2:> -> C<:3>",
            "e1=A and e2=B -> C or D",
            "every not A for 1 sec -> B",
            "A -> not B[x > 1] for 5 sec",
            "not A and B -> C",
            "A and not B -> not C for 1 sec and D -> E or not F for 1 min",
            "not A for 1 sec or not B for 1 sec",
            "((A -> B) -> (C))",
            "e1=#A -> !B",
            "every = A -> not = B",
            "every #A -> B",
        ],
    ),
    (
        "sequence",
        &[
            "A, B",
            "every e1=A, e2=B+, e3=C*, D?, E<2:3> within 5 sec",
            "A and B, not C and D",
            "A, not B for 1 sec",
            "not A for 1 sec, B",
            "every A, not B for 1 sec, C",
            "A, (B, C)",
        ],
    ),
    (
        "anonymous",
        &[
            "(from S select a return)",
            "((from S[a > 1] select a output every 5 events return all events))",
            "(from A -> B select a return expired events)",
        ],
    ),
];

/// What stands between `from S` and `insert into Out`: (production, texts).
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "select",
        &[
            "",
            "select *",
            "select a, S.b, c + 1 as d, f() as `from`, e1[0].x, e as e",
            "select true, select, from, insert as into",
            "select a group by a, S.b having a > 1 order by a, b desc, c asc limit 5 offset 6L",
            "select a having b",
            "select a order by S.a",
            "select a limit (5)",
            "select a limit 1 sec offset +0",
        ],
    ),
    (
        "rate",
        &[
            "select a output every 5 events",
            "output all every 5 events",
            "output first every 1 min",
            "select * output last every 1 hour 20 min",
            "output snapshot every 5 sec",
        ],
    ),
];

/// Outputs of a query: (production, texts).
const OUTPUTS: &[(&str, &[&str])] = &[
    (
        "insert",
        &[
            "insert into Out",
            "insert all events into #Out",
            "insert current events into !Out",
            "insert expired events into into",
            "insert events into Out",
        ],
    ),
    ("delete", &["delete T", "delete T on T.a == a", "delete T for expired events on T.a == a", "delete T for events"]),
    (
        "update",
        &[
            "update T on T.a == a",
            "update T for all events on T.a == a",
            "update T set T.a = a, b = c + 1 on T.a == a",
            "update T for current events set T.a = a == b on true",
            "update or on true",
        ],
    ),
    (
        "update or insert",
        &["update or insert into T on T.a == a", "update or insert into T for events set T.a = a on T.a == a"],
    ),
    ("return", &["return", "return all events", "return expired events", "return events"]),
];

/// Filters and other expressions: (production, texts).
const EXPRESSIONS: &[(&str, &[&str])] = &[
    ("operators", &["(a + b) * c - d / e % f", "a < b and c <= d or e > f and not (g >= h)", "a == b != c"]),
    ("in", &["a == T.b in T", "(a in T) and b in from", "true in T"]),
    ("null check", &["a is null", "S is null", "#S is null", "e1[last] is null", "e1.a is null", "f(a) is null"]),
    ("call", &["f()", "f(*)", "f(a, g(b), 'x', 5 sec)", "ns:f(a)", "from:select(a)", "default(a, 5)", "and(a)"]),
    ("constant", &["1", "-1", "+1", "1L", "-1l", "1.5", "-.5", "1f", "1d", "1e5", "true", "'x'", "\"x\"", "5 sec"]),
    ("attribute", &["a", "S.a", "#S.a", "!S.a", "e1[0].a", "e1[last].a", "e1[last - 1].a", "S#T.a", "S[1]#T[last].a"]),
];

const ON_DEMAND: &[(&str, &[&str])] = &[
    (
        "find",
        &[
            "from T",
            "from T;",
            "from T select *",
            "from T as t on T.a > 5 select a, count() as c group by a having c > 1 order by a limit 5 offset 1",
            "from A on a == 1 within 1L, 2L per 'days' select *",
            "from A within '2020-**-** **:**:**' per 'days'",
        ],
    ),
    (
        "change",
        &[
            "select 1 as a insert into T",
            "select 1 as a update or insert into T set T.a = a on T.a == a;",
            "select 1 as a update or insert into T on T.a == a",
            "delete T",
            "delete T on T.a == 1",
            "select 1 as a delete T on T.a == a",
            "update T set T.a = 1 on T.a == 2",
            "select 1 as a update T on T.a == a",
        ],
    ),
];

/// Walks a table, each text in a frame that makes an app of it.
fn walk(table: &[(&str, &[&str])], app: impl Fn(&str) -> String) {
    for (production, texts) in table {
        assert!(!texts.is_empty(), "{production} has examples");
        for text in *texts {
            println!("{production}: {text}");
            common::reprint_app(&app(text));
        }
    }
}

#[test]
fn every_production() {
    walk(APPS, str::to_string);
    walk(INPUTS, |input| format!("{S}from {input} select a insert into Out"));
    walk(SECTIONS, |section| format!("{S}from S {section} insert into Out;"));
    walk(OUTPUTS, |output| format!("{S}from S select a {output}"));
    walk(EXPRESSIONS, |expr| format!("{S}from S[{expr}] select {expr} as x insert into Out"));
    for (production, texts) in ON_DEMAND {
        for text in *texts {
            println!("{production}: {text}");
            common::reprint_on_demand(text);
        }
    }
}

/// Every keyword can be every name that need not be an identifier.
#[test]
fn every_keyword_is_a_name() {
    let keywords = "app stream define function trigger table from partition window select group by order limit offset \
        asc desc having insert delete update set return events into output expired current snapshot for raw of as at or \
        and in on is not within with begin end null every last all first join inner outer right left full \
        unidirectional false true string int long float double bool object aggregation aggregate per year years month \
        months week weeks day days hour hours min minute minutes sec second seconds millisec millisecond milliseconds";
    for word in keywords.split_whitespace() {
        for text in [
            format!("define stream {word} ({word} int)"),
            format!("@{word}({word}.{word}='x') define table {word} ({word} string)"),
            format!("{S}from S select S.{word}, {word}, {word} as {word} group by {word} insert into {word}"),
            format!("{S}from S[{word} == 1 and {word} is null]#{word}:{word}(a) select a insert into Out"),
            format!("{S}from {word}#window.{word}(5) select {word}.a insert into Out"),
            format!("{S}from {word} as {word} join T as {word} on {word}.{word} == 1 select * insert into Out"),
            format!("{S}from {word}=S -> {word}=S[{word}.a == 1] select {word}[0].{word} as x insert into Out"),
            format!("{S}from S select a update {word} set {word}.{word} = {word} on {word} in {word}"),
        ] {
            // A bare call of `not` is the operator, as it is for Siddhi.
            println!("{text}");
            common::reprint_app(&text);
        }
    }
}
