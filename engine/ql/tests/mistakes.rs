//! What is said about mistakes: the code and place of each in a table, and snapshots of how the common ones look.

mod common;

use riddhi_ql::{Report, Source, parse, parse_on_demand, render_text};

/// A stream with attributes of all kinds, for texts that are no apps by themselves.
const S: &str = "define stream S (a int, b int, s string, f bool); ";

/// Apps and their mistakes. `S;` at the start stands for the definition of `S`.
const TABLE: &[(&str, &str)] = &[
    // Lexical.
    ("S; from S[a > 1 ^ 2] insert into O", "S0002 `^`"),
    ("S; $$; from S insert into O", "S0002 `$`"),
    ("S; ?; from S insert into O", "S0001 `?`"),
    ("S; from S\u{c} insert into O", "S0002 `\u{c}`"),
    ("S; from S select 'abc as x insert into O", "S0003 `'abc as x insert into O`"),
    ("S; from S select \"\"\"abc as x insert into O", "S0003 `\"\"\"abc as x insert into O`"),
    ("S; from `S select a insert into O", "S0003 ``S select a insert into O`"),
    ("S; from S select 'say \"x\"' as x insert into O", "S0004 `\"`"),
    ("S; from S select 'a\tb' as x insert into O", "S0004 `\t`"),
    ("S; from S select \"a\\\"b\" as x insert into O", "S0003 `\" as x insert into O`"),
    ("S; from S select 2147483648 as x insert into O", "S0005 `2147483648`"),
    ("S; from S select -2147483649 as x insert into O", "S0005 `-2147483649`"),
    ("S; from S select 9223372036854775808L as x insert into O", "S0006 `9223372036854775808L`"),
    ("S; from S select 5. as x insert into O", "S0001 `.`"),
    // Statements.
    ("", "S0012 ``"),
    ("@app:name('x')", "S0012 ``"),
    ("from S select a insert into O", "S0012 `from`"),
    ("S;; from S select a insert into O", "S0011 `;`"),
    ("S; from S select a insert into O;; from S select a insert into O", "S0011 `;`"),
    ("; S;", "S0011 `;`"),
    ("S; from S insert into O from S insert into O", "S0010 `from`"),
    ("S; from S insert into O; define stream R (a int);", "S0013 `define`"),
    ("S; @app:name('x') define stream R (a int);", "S0014 `@`"),
    ("S; form S select a insert into O", "S0001 `form`"),
    ("S; select a insert into O", "S0001 `select`"),
    ("define steam S (a int)", "S0001 `steam`"),
    ("S; from S select a", "S0001 ``"),
    ("S; from S select a insert in O", "S0001 `in`"),
    // Definitions.
    ("define stream #S (a int)", "S0017 `#`"),
    ("define table !T (a int)", "S0017 `!`"),
    ("define stream S (a int, b int, a string)", "S0018 `a`"),
    ("define stream S (a integer, b blob)", "S0019 `integer`, S0019 `blob`"),
    ("define stream S ()", "S0001 `)`"),
    ("define stream S (a int,)", "S0001 `)`"),
    ("define stream S (1a int, b)", "S0001 `1`, S0001 `)`"),
    ("define trigger events at every 1 sec", "S0038 `events`"),
    ("define function select[js] return int { return 1; }", "S0038 `select`"),
    ("define trigger T at every 5", "S0001 ``"),
    ("define window W (a int)", "S0001 ``"),
    ("define window W (a int) #window.length(5)", "S0001 `#`"),
    ("@x define trigger T at 'start'", "S0033 `@x`"),
    ("S; define aggregation A from S select sum(a) as t aggregate every week", "S0020 `week`"),
    ("S; define aggregation A from S select sum(a) as t having t > 1 aggregate every sec", "S0026 `t > 1`"),
    ("S; define aggregation A from S aggregate every sec", "S0001 `aggregate`"),
    ("@note() define stream S (a int)", "S0033 `()`"),
    ("@note(x=64, y=true) define stream S (a int)", "S0033 `64`, S0033 `true`"),
    ("@app:note(@inner('x')) define stream S (a int)", "S0033 `@inner('x')`"),
    // Partitions.
    ("S; partition with (a of S) begin end;", "S0016 `begin end`"),
    ("S; partition with (a of S) begin define stream R (a int); from S insert into O; end", "S0015 `define`"),
    ("S; partition with (a) begin from S insert into O; end", "S0001 `)`"),
    ("S; partition with (a of S) begin from S insert into O;", "S0001 ``"),
    // Expressions.
    ("S; from S[a = 1] insert into O", "S0009 `=`"),
    ("S; from S[a <> 1 && !f || f] insert into O", "S0009 `<>`, S0009 `&&`, S0009 `!`, S0009 `||`"),
    ("S; from S[a is not null] insert into O", "S0009 `is not null`"),
    ("S; from S[(a + 1) is null] insert into O", "S0037 `is null`"),
    ("S; from S select -a as x, -(a) as y, - 5 sec as z insert into O", "S0009 `-`, S0009 `-`, S0009 `-`"),
    ("S; from S[a == ] insert into O", "S0001 `]`"),
    ("S; from S[(a == 1] insert into O", "S0001 `]`"),
    ("S; from S[a 1] insert into O", "S0001 `1`"),
    ("S; from S#window.time(5 ms) insert into O", "S0032 `ms`"),
    ("S; from S#window.time(5days) insert into O", "S0032 `5d`"),
    ("S; from S#window.time(1 sec 2 min) insert into O", "S0032 `2 min`"),
    ("S; from S#window.time(5L sec) insert into O", "S0032 `5L`"),
    ("S; from S select f(a,) as x, e1[1] as y insert into O", "S0001 `)`, S0001 `as`"),
    // Clauses.
    ("S; from S select a + 1 insert into O", "S0022 `a + 1`"),
    ("S; from S select a + 1, count(), a insert into O", "S0022 `a + 1`, S0022 `count()`"),
    ("S; from S select insert into O", "S0001 `insert`"),
    ("S; from S select distinct a insert into O", "S0001 `a`"),
    ("S; from S select *, a insert into O", "S0001 `,`"),
    ("S; from S select a b, a having insert into O", "S0001 `b`"),
    ("S; from S select a group by a, having (a > 1) insert into O", "S0001 `having`"),
    ("S; from S(a > 1) insert into O", "S0001 `(`"),
    ("S; from S select a limit 1 + 1 insert into O", "S0023 `1 + 1`"),
    ("S; from S select a limit 1.5 insert into O", "S0024 `1.5`"),
    ("S; from S select a offset 1 limit 1 insert into O", "S0026 `limit`"),
    ("S; from S select a having a > 1 group by a insert into O", "S0026 `group`"),
    ("S; from S group by a insert into O", "S0026 `group`"),
    ("S; from S select a group by a + 1 insert into O", "S0001 `+`"),
    ("S; from S select a group by f(a) insert into O", "S0001 `f(a)`"),
    ("S; from S select a output every 2L events insert into O", "S0001 `2L`"),
    ("S; from S select a output every 1000 insert into O", "S0001 `insert`"),
    ("S; from S select a update !T on a == a", "S0025 `!T`"),
    ("S; from S select a update T set T.a == 5 on true", "S0001 `==`"),
    ("S; from S select a update T set T.a = 5", "S0001 ``"),
    // Inputs.
    ("S; from S as x select x.a insert into O", "S0001 `as`"),
    ("S; from S#log select a insert into O", "S0001 `select`"),
    ("S; from S#window.length(1)#window.length(2) insert into O", "S0027 `#window.length(2)`"),
    ("S; from S#window.length(1)[a > 1] join S insert into O", "S0027 `[a > 1]`"),
    ("S; from e1=S#window.length(1) -> e2=S insert into O", "S0027 `#window.length(1)`"),
    ("S; from S outer join S insert into O", "S0021 `outer join`"),
    ("S; from S left join S insert into O", "S0001 `join`"),
    ("S; from S join S join S insert into O", "S0001 `join`"),
    ("S; from S unidirectional join S unidirectional insert into O", "S0001 `unidirectional`"),
    ("S; from S join A within 1 sec insert into O", "S0031 `within 1 sec`"),
    ("S; from S join A per 'sec' insert into O", "S0031 `per`"),
    ("S; from S -> S, S insert into O", "S0028 `,`"),
    ("S; from every every S -> S insert into O", "S0028 `every`"),
    ("S; from every (every S -> S) insert into O", "S0028 `every`"),
    ("S; from S, every S insert into O", "S0028 `every`"),
    ("S; from S -> not S for 1 sec -> not S for 1 sec insert into O", "S0028 `not S for 1 sec`"),
    ("S; from not e1=S for 1 sec insert into O", "S0028 `e1=`"),
    ("S; from (S -> S within 1 sec) -> S insert into O", "S0001 `within`"),
    ("S; from not S -> S insert into O", "S0029 `not S`"),
    ("S; from not S for 1000 insert into O", "S0001 `insert`"),
    ("S; from S+ -> S insert into O", "S0030 `S+`"),
    ("S; from every S+ insert into O", "S0030 `S+`"),
    ("S; from S<2> and S insert into O", "S0030 `S<2>`"),
    ("S; from S<> -> S insert into O", "S0001 `>`"),
    // Several at once, each once.
    (
        "define steam T (a int); S; from S[a = 1 select b + 1, insrt into O; form X; from S[a >] select -a as x having",
        "S0001 `steam`, S0009 `=`, S0001 `select`, S0022 `b + 1`, S0001 `insrt`, S0001 `form`, S0001 `]`, S0009 `-`",
    ),
    (
        "S; partition with (a off S) begin from S[a && f] insert into O; from S selct a insert into O; end; frm S",
        "S0001 `off`, S0009 `&&`, S0001 `selct`, S0001 `frm`",
    ),
];

#[test]
fn codes_and_places() {
    let mut wrong = String::new();
    for (text, expected) in TABLE {
        let app = text.replace("S;", S.trim_end());
        let diagnostics = parse(&app).diagnostics;
        let found = common::codes(&diagnostics, &app);
        if found != *expected {
            wrong +=
                &format!("{text}\n  expected {expected}\n  found    {found}\n{}", common::shown(&diagnostics, &app));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn on_demand_mistakes() {
    for (text, expected) in [
        ("from T selekt a", "S0001 `selekt`"),
        ("from T select a insert into O", "S0001 `insert`"),
        ("from T join U on T.a == U.a", "S0001 `join`"),
        ("from T within 1L, 2L", "S0031 `within 1L, 2L`"),
        ("insert into T", "S0026 `insert into T`"),
        ("select 1 as a insert into #T", "S0025 `#T`"),
        ("select 1 as a insert all events into T", "S0001 `all events`"),
        ("select 1 as a return", "S0001 `return`"),
        ("update T set a = 1", "S0001 ``"),
        ("delete T;;", "S0001 `;`"),
        ("", "S0001 ``"),
    ] {
        assert_eq!(common::codes(&parse_on_demand(text).diagnostics, text), expected, "{text}");
    }
}

#[test]
fn looks() {
    let texts = [
        "define stream Trades (symbol string, price double);\nfrom Trades[price = 5.0 && symbol <> 'X']\n\
         select symbol, price * 2, avg(price) as avg\ninsrt into Out;\n",
        "form Trades select symbol insert into Out;",
        "define stream Trades (symbol string, price int, symbol long);\nfrom Trades#window.length(5)#window.time(1 sec)\n\
         insert into Out;\ndefine stream More (a int);",
        "define stream S (a int);\nfrom S select 'say \"é\"' as x, 5days as y, -a as z, a is not null as w insert into Out;",
        "define stream Ünïcode (a int);\nfrom `größe`[`日本` == 5 §] insert into Out;",
        "define stream S (a int);\n\tfrom every e1=S ->\n\t\tnot S for 1 sec ->\n\t\tnot S for 2 sec\n\tinsert into Out;",
        "define stream S (a int);\nfrom S select a having a > 1 group by a insert into Out\nfrom S select a;;",
    ];
    for text in texts {
        let diagnostics = parse(text).diagnostics;
        insta::assert_snapshot!(common::shown(&diagnostics, text));
    }
}

#[test]
fn data_for_programs() {
    let text = "define stream S (a int);\nfrom S[ä = 5] insert into Out";
    let source = Source::new("app.siddhi", text);
    let reports: Vec<_> = parse(text).diagnostics.iter().map(|d| Report::new(d, &source)).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&reports).expect("reports are plain data"));
}

#[test]
fn colours_are_asked_for() {
    let text = "form S";
    let source = Source::new("app.siddhi", text);
    let diagnostics = parse(text).diagnostics;
    assert!(!render_text(&diagnostics, &source, false).contains('\u{1b}'));
    assert!(render_text(&diagnostics, &source, true).contains('\u{1b}'));
}
