//! Plans of small apps, as EXPLAIN shows them.

mod support;

use riddhi_plan::{explain_json, explain_mermaid, explain_text};
use support::{planned, shown};

fn explained(text: &str) -> String {
    let planned = planned(text);
    let told = shown(&planned.diagnostics, text);
    let Some(plan) = planned.plan else { panic!("{told}") };
    explain_text(&plan) + &told
}

#[test]
fn everything_at_once() {
    insta::assert_snapshot!(explained(
        "@app:name('Trades') @app:playback
define stream Trades (symbol string, price double, volume long);
@info(name='totals')
from Trades[price > 5 and not (symbol is null)]#window.length(10)#log('seen')
select symbol, sum(price) / count() as mean, max(volume) as most, sum(price) as total
group by symbol having mean > 1.5 and total > max(mean) order by most desc, symbol limit 3 offset 1
insert all events into Means;
from Means select symbol, mean * 2 as `double` insert into Out;
from Trades select symbol, price insert into Prices;
from Trades[volume > 10L] select symbol, convert(volume, 'double') as price insert into Prices;
"
    ));
}

#[test]
fn a_pattern() {
    insta::assert_snapshot!(explained(
        "define stream A (k string, n int); define stream B (k string, m double);
from every e1=A[n > 3]<2:> -> e2=B[m > e1[last].n] -> not A[k == e2.k] for 1 sec within 5 sec
select e1[0].n as first, e2.k as k, count() as c group by e2.k insert into Out;
from every A, B[k == A.k and m > 1.0] or e3=A select B.m as m insert into More;
"
    ));
}

#[test]
fn a_loop_is_stepped() {
    insta::assert_snapshot!(explained(
        "define stream A (n int); define stream B (n int);
from A select n insert into Start;
@info(name='up') from A[n < 10] select n + 1 as n insert into B;
from B select n insert into A;
"
    ));
}

#[test]
fn rates() {
    insta::assert_snapshot!(explained(
        "@app:playback define stream S (k string, n int);
from S select n output last every 3 events insert into A;
from S select k, sum(n) as t group by k output first every 1 min 30 sec insert into B;
from S#window.length(5) select n output snapshot every 5 sec insert into C;
"
    ));
}

#[test]
fn cast_only_relabels() {
    insta::assert_snapshot!(explained(
        "define stream S (s string, n int, d double);
from S select cast(s, 'int') as x, cast(n, 'long') as y, ifThenElse(n > 1, cast(s, 'double'), d) as z insert into T;
from T select x + 1 as x, coalesce(x, 1) as c, z insert into U;
"
    ));
}

/// The second writer makes the column vary; the reader before it in the text sees that too.
#[test]
fn kinds_go_round_a_loop() {
    insta::assert_snapshot!(explained(
        "define stream S (s string); define stream L (x int);
from L select x insert into M;
from S select cast(s, 'int') as x insert into L;
from M[x > 0] select x insert into L;
"
    ));
}

#[test]
fn json() {
    let planned = planned(
        "define stream S (a int, b string);
from S[a > 1]#window.lengthBatch(5) select b, count() as n group by b having n > 1L limit 2 insert into Out;
",
    );
    let plan = planned.plan.expect("it has no mistake");
    insta::assert_snapshot!(serde_json::to_string_pretty(&explain_json(&plan)).expect("it is JSON"));
}

#[test]
fn equal_queries_have_keys_of_their_own() {
    let text = "define stream S (a int);
from S select a insert into T; from S select a insert into T; @info(name='x') from S select a insert into T;";
    let plan = planned(text).plan.expect("it has no mistake");
    let keys: Vec<&str> = plan.queries.iter().map(|q| q.key.as_str()).collect();
    assert_eq!(keys[0].replace(".0", ".1"), keys[1]);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2], "x");
}

/// A branch that is not looked at does not feed its aggregates; what is written twice is computed once.
#[test]
fn aggregates_with_conditions() {
    insta::assert_snapshot!(explained(
        "define stream S (n int, b bool);
from S select ifThenElse(b, sum(n), sum(n) + 1) as x, sum(n) + sum(n) as y, b and count() > 2 or count() > 5 as z
insert into Out;
"
    ));
}

#[test]
fn chart() {
    let plan = support::planned(
        "define stream S (k string, v int);
        @info(name = 'first') from S[k == \"it's <x>; y\" and v > 1]#window.length(5)
        select k, sum(v) as t group by k insert all events into `A b`;
        from `A b` select k insert into Out;
        from S select k insert into Out;",
    );
    insta::assert_snapshot!(explain_mermaid(&plan.plan.expect("it has a plan")));
}
