//! What is told about typical mistakes. A new case is a line of the table; its snapshot shows the app and the diagnostics.

mod support;

use support::told;

const S: &str = "define stream S (symbol string, price double, volume long, n int, on bool);\n";

/// Apps behind the definition of `S`, by the name of the mistake.
const CASES: &[(&str, &str)] = &[
    ("unknown_stream", "from Trade select n insert into Out;\n"),
    ("unknown_stream_near", "define stream Trades (n int);\nfrom Trade select n insert into Out;\n"),
    ("read_before_filled", "from Mid select n insert into Out;\nfrom S select n insert into Mid;\n"),
    ("defined_twice", "define stream S (n int);\nfrom S select n insert into Out;\n"),
    ("defined_twice_as_table", "define table S (n int);\nfrom S select n insert into Out;\n"),
    ("table_read_like_a_stream", "define table T (n int);\nfrom T select n insert into Out;\n"),
    ("unknown_attribute", "from S select prise insert into Out;\n"),
    ("unknown_attribute_far", "from S[quantity > 5] select n insert into Out;\n"),
    ("name_of_as_in_select", "from S select price * 2 as twice, twice + 1 as more insert into Out;\n"),
    ("wrong_prefix", "from S select T.n insert into Out;\n"),
    ("output_twice", "from S select n, volume as n insert into Out;\n"),
    ("does_not_fit_type", "define stream Out (a int, b long);\nfrom S select n as a, n as b insert into Out;\n"),
    ("does_not_fit_number", "from S select n insert into Out;\nfrom S select n, on insert into Out;\n"),
    ("having_sees_the_output", "from S select symbol having price > 5 insert into Out;\n"),
    ("order_by_sees_the_output", "from S select symbol order by price insert into Out;\n"),
    ("query_names", "@info(name='q') from S select n insert into A;\n@info(name='q') from S select n insert into B;\n"),
    ("default_query_name", "@info(name='query_2') from S select n insert into A;\nfrom S select n insert into B;\n"),
    ("inner_stream_outside", "from S select n insert into #Out;\n"),
    ("into_fault_stream", "from S select n insert into !S;\n"),
    ("no_fault_stream", "from !S select n insert into Out;\n"),
    ("update_of_a_stream", "define stream R (n int);\nfrom S select n update R on R.n == n;\n"),
    ("unknown_function", "from S select coalese(n, 1) as x insert into Out;\n"),
    ("unknown_extension_function", "from S select str:lenght(symbol) as x insert into Out;\n"),
    ("unknown_namespace", "from S select strings:length(symbol) as x insert into Out;\n"),
    ("extension_not_there_yet", "from S select str:length(symbol) as x insert into Out;\n"),
    ("unknown_window", "from S#window.lenght(5) select n insert into Out;\n"),
    ("window_not_there_yet", "from S#window.sort(5, n) select n insert into Out;\n"),
    ("window_argument", "from S#window.length(5L) select n insert into Out;\n"),
    ("window_argument_computed", "from S#window.length(2 + 3) select n insert into Out;\n"),
    ("unknown_stream_function", "from S#logg('x') select n insert into Out;\n"),
    ("function_argument", "from S select ifThenElse(n, 1, 2) as x insert into Out;\n"),
    ("function_arguments_missing", "from S select cast(n) as x insert into Out;\n"),
    ("aggregate_of_a_string", "from S select sum(symbol) as x insert into Out;\n"),
    ("aggregate_in_a_window", "from S#window.length(count()) select n insert into Out;\n"),
    (
        "attribute_added_twice",
        "define stream P (x double, r double);\nfrom P#pol2Cart(x, r) select x insert into Out;\n",
    ),
    ("filter_of_a_number", "from S[n + 1] select n insert into Out;\n"),
    ("having_of_a_number", "from S select n having n insert into Out;\n"),
    ("and_of_a_number", "from S[n and on or symbol] select n insert into Out;\n"),
    ("not_before_a_comparison", "from S[not n == 1] select n insert into Out;\n"),
    ("comparison_of_string_and_number", "from S[symbol == 5] select n insert into Out;\n"),
    ("strings_are_not_ordered", "from S[symbol > 'a'] select n insert into Out;\n"),
    ("objects_do_not_compare", "from S[createSet(n) == createSet(1)] select n insert into Out;\n"),
    ("strings_are_not_added", "from S select symbol + 'x' as x insert into Out;\n"),
    ("bools_are_not_added", "from S select on * on as x insert into Out;\n"),
    ("arithmetic_with_a_string", "from S select 'abc' + n as x insert into Out;\n"),
    ("negative_limit", "from S select n limit -1 offset -2 insert into Out;\n"),
    ("limit_of_zero", "from S select n limit 0 insert into Out;\n"),
    ("nothing_expires", "from S select n insert expired events into Out;\n"),
    ("query_returns", "from S select n return;\n"),
    (
        "snapshot_of_current",
        "from S#window.length(2) select n output snapshot every 1 sec insert current events into Out;\n",
    ),
    ("every_zero", "from S select n output every 0 events insert into Out;\n"),
    (
        "every_zero_seconds",
        "from S select n output every 0 sec insert into A;\nfrom S select n output snapshot every 0 sec insert into B;\n",
    ),
    (
        "rates_differ_from_siddhi",
        "from S select n output first every 1 events insert into A;\nfrom S#window.lengthBatch(2) select n output first every 1 sec insert into B;\nfrom S#window.length(2) select sum(n) as t output snapshot every 1 sec insert into C;\nfrom S#window.length(2) select n, sum(n) as t output snapshot every 1 sec insert into D;\n",
    ),
    ("annotation_twice", "@info(name='a') @info(name='b') from S select n insert into Out;\n"),
    (
        "async",
        "@async(buffer.size='100', workers='0', batch.size.max='many') define stream A (n int);\n@async define stream B (n int);\n",
    ),
    ("on_error", "@OnError(action='ignore') define stream A (n int);\n@OnError define stream B (n int);\n"),
    ("source_without_type", "@source(topic='t') define stream A (n int);\n"),
    ("in_a_stream", "from S[(n == n) in S] select n insert into Out;\n"),
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
        "define table T (n int); define window W (n int) length(2); define trigger G at every 1 sec;\ndefine function f[javascript] return int { return 1; };\ndefine aggregation A from S select sum(n) as t aggregate every sec;\nfrom S select f(n) as n output every 2 events insert into T;\nfrom e1=S -> e2=S select e1.n insert into P;\nfrom e1=S, e2=S select e1.n insert into Q;\nfrom S select n update T on T.n == n;\n",
    ),
];

#[test]
fn all() {
    let settings = insta::Settings::clone_current();
    for (name, app) in CASES {
        let text = format!("{S}{app}");
        let mut settings = settings.clone();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(*name, format!("{text}\n{}", told(&text))));
    }
}

#[test]
fn app_annotations() {
    for (name, text) in [
        ("app_playback_half", "@app:playback(idle.time='1 sec')\ndefine stream S (n int);\n"),
        ("app_playback_unknown", "@app:playback('true')\ndefine stream S (n int);\n"),
        ("app_playback_time", "@app:playback(idle.time='soon', increment='1 sec')\ndefine stream S (n int);\n"),
        ("app_async", "@app:async\ndefine stream S (n int);\n"),
        (
            "app_statistics",
            "@app:statistics(reporter='console', interval='soon')\n@async(buffer.size='256', workers='2') define stream S (n int);\n",
        ),
        ("app_name_twice", "@app:name('a', 'b') @app:name('c')\ndefine stream S (n int);\n"),
    ] {
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, format!("{text}\n{}", told(text))));
    }
}
