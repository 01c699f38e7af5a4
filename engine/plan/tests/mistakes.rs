//! What is told about apps with several mistakes, or none; what is told about one is in the file of its code, see src/diagnose.
//! A new case is a line of the table; its snapshot shows the app and the diagnostics.

mod support;

use support::told;

const S: &str = "define stream S (symbol string, price double, volume long, n int, on bool);\n";

/// Apps by the name of the mistake, behind the definition of `S` unless they begin with `@app:`.
const CASES: &[(&str, &str)] = &[
    (
        "rates_differ_from_siddhi",
        "from S select n output first every 1 events insert into A;\nfrom S#window.lengthBatch(2) select n output first every 1 sec insert into B;\nfrom S#window.length(2) select sum(n) as t output snapshot every 1 sec insert into C;\nfrom S#window.length(2) select n, sum(n) as t output snapshot every 1 sec insert into D;\n",
    ),
    (
        "async",
        "@async(buffer.size='100', workers='0', batch.size.max='many') define stream A (n int);\n@async define stream B (n int);\n",
    ),
    ("aggregate_not_always_looked_at", "from S select ifThenElse(on, sum(n), 0L) as x insert into Out;\n"),
    (
        "differs_from_siddhi",
        "from S#window.lengthBatch(2)[n > 1] select minForever(n) as least, maximum(n, 1) as most insert into Out;\n",
    ),
    (
        "join_conditions",
        "define table T (n int, m string); define table U (n int);\nfrom S join T on n == 5 and T.m > 'a' select * insert into A;\nfrom T join U select T.n insert into B;\n",
    ),
    (
        "pattern_names",
        "from every e1=S -> e2=S[price > e1.price and e3.n == 1] -> e3=S<2:> select e1.n, e4.n as m, e3[0].n as k insert into Out;\n",
    ),
    (
        "partition_keys",
        "partition with (on of S, n as 'a' or n > 5 as 'b' of R)\nbegin from S select n insert into #I; from #J select n insert into Out; end;\n",
    ),
    (
        "everything_not_there_yet",
        "define table T (n int); define window W (n int) length(2); define trigger G at every 1 sec;\ndefine function f[scala] return int { return 1; };\ndefine aggregation A from S select sum(n) as t aggregate every sec...year;\nfrom S select f(n) as n output every 2 events insert into T;\nfrom e1=S -> e2=S select e1.n insert into P;\nfrom e1=S, e2=S select e1.n insert into Q;\nfrom S select n update T on T.n == n;\n",
    ),
    (
        "app_statistics",
        "@app:statistics(reporter='console', interval='soon')\n@async(buffer.size='256', workers='2') define stream S (n int);\n",
    ),
];

#[test]
fn all() {
    for (name, app) in CASES {
        let text = if app.starts_with("@app:") { (*app).to_owned() } else { format!("{S}{app}") };
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(*name, format!("{text}\n{}", told(&text))));
    }
}
