//! Deep and long texts: a diagnostic or a tree, never an exhausted stack, and in reasonable time.

use riddhi_ql::{parse, parse_expression, parse_on_demand};

const MANY: usize = 10_000;

/// `before` many times, `inner`, `after` many times.
fn nest(before: &str, inner: &str, after: &str) -> String {
    before.repeat(MANY) + inner + &after.repeat(MANY)
}

fn in_query(input: &str, select: &str) -> String {
    format!("define stream S (a int); from {input} select {select} insert into Out; from S select a insert into Out;")
}

/// The codes of an app's diagnostics, the same ones in a row once.
fn codes(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<_> = parse(text).diagnostics.iter().map(|d| d.code.0).collect();
    codes.dedup();
    codes
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "S0007";
    for (what, text) in [
        ("parentheses", in_query("S", &nest("(", "a", ")"))),
        ("open parentheses", in_query("S", &nest("(", "a", ""))),
        ("not", in_query("S", &nest("not ", "a", ""))),
        ("not and parentheses", in_query("S", &nest("not (", "a", ")"))),
        ("all operators", in_query("S", &nest("a or b and c in T == d < e + f * (", "a", ")"))),
        ("calls", in_query("S", &nest("f(", "a", ")"))),
        ("handlers' calls", in_query(&format!("S#{}", nest("f(", "a", ")")), "a")),
        ("pattern groups", in_query(&nest("(", "S", ")"), "a")),
        ("every groups", in_query(&nest("every (", "S", ")"), "a")),
        ("anonymous", in_query(&nest("(from ", "S", " return)"), "a")),
        ("anonymous without parentheses", in_query(&nest("from (", "S", ")"), "a")),
        ("annotations", nest("@a(", "'x'", ")") + " define stream S (a int);"),
        ("partitions", format!("define stream S (a int); {}", nest("partition with (a of S) begin ", "", " end;"))),
        ("partition keys", format!("define stream S (a int); partition with ({} of S) begin", nest("(", "a", ")"))),
    ] {
        let codes = codes(&text);
        assert!(codes.contains(&deep) || codes[0] == "S0015", "{what}: {codes:?}");
        assert!(codes.len() < 4, "{what}: {codes:?}");
    }
    assert!(parse_expression(&nest("(", "a", ")")).is_err());
    assert!(!parse_on_demand(&format!("from T on {}", nest("(", "a", ")"))).diagnostics.is_empty());
}

#[test]
fn moderate_nesting_is_read() {
    let nest = |times: usize, before: &str, after: &str| before.repeat(times) + "a" + &after.repeat(times);
    for text in [
        nest(90, "(", ")"),
        nest(90, "not ", ""),
        nest(90, "f(", ")"),
        nest(60, "a or b and c in T == d < e + f * (", ")"),
    ] {
        assert_eq!(codes(&in_query("S", &format!("{text} as x"))), [""; 0], "{text}");
    }
}

#[test]
fn long_lists_are_read() {
    let list = |item: &str, separator: &str| vec![item; MANY].join(separator);
    for (what, text) in [
        ("filters", in_query(&format!("S{}", list("[a > 1]", "")), "a")),
        ("functions", in_query(&format!("S{}", list("#f(a)", "")), "a")),
        ("selected", in_query("S", &list("a", ", "))),
        ("arguments", in_query("S", &format!("f({}) as x", list("a", ", ")))),
        ("states", in_query(&list("S", " -> "), "a")),
        ("absent states", in_query(&list("S -> not S for 1 sec", " -> "), "a")),
        ("sequence", in_query(&list("S", ", "), "a")),
        ("groups", in_query("S", &format!("a group by {}", list("a", ", ")))),
        ("annotations", list("@a('x')", " ") + " define stream S (a int);"),
        ("definitions", list("define stream S (a int)", ";")),
        ("queries", format!("define stream S (a int); {}", list("from S select a insert into Out", ";"))),
    ] {
        assert_eq!(codes(&text), [""; 0], "{what}");
    }
}

#[test]
fn long_expressions_are_bounded() {
    for operator in ["+", "*", "and", "or", "==", "in T and"] {
        let long = |n: usize| vec!["a"; n].join(&format!(" {operator} "));
        assert_eq!(codes(&in_query("S", &format!("{} as x", long(MANY)))), ["S0008"], "{operator}");
        assert_eq!(codes(&in_query("S", &format!("{} as x", long(400)))), [""; 0], "{operator}");
    }
    // Each argument alone is low enough, all together are not.
    let inner = vec!["a"; 300].join(" + ");
    let outer = format!("f({inner}) + {inner}");
    assert_eq!(codes(&in_query("S", &format!("{outer} as x"))), ["S0008"]);
}

#[test]
fn many_mistakes_are_bounded() {
    let text = "define stream S (a int); ".to_string() + &"from ; ".repeat(MANY);
    let diagnostics = parse(&text).diagnostics;
    assert_eq!(diagnostics.len(), 101);
    assert_eq!(diagnostics.last().map(|d| d.code.0), Some("S0035"));
    // Work must grow with the text, not with its square.
    for junk in ["a + 1, ", "'x\n, a + 1, ", "a int, ", "{ \"", "(", "@a(", "from (", "every (", "` ", "\"\"\" \""] {
        let large = junk.repeat(300_000 / junk.len());
        for text in [in_query("S", &large), in_query(&large, "a"), format!("define stream S ({large}); {large}")] {
            assert!(parse(&text).diagnostics.len() <= 101, "{junk}");
        }
    }
    for junk in ["!", "{", "(", "[", "'", "\"", "`", "@", "$", "from", "/*", "${", "\"\"\"", "partition with ("] {
        assert!(parse(&junk.repeat(MANY)).diagnostics.len() <= 101, "{junk}");
    }
}
