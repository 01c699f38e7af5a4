//! Texts as large as the parser lets through are planned without trouble.

mod support;

use riddhi_plan::{explain_json, explain_text};
use support::planned;

const HEIGHT: usize = riddhi_ql::EXPR_HEIGHT_MAX as usize - 2;
const NESTED: usize = riddhi_ql::NESTING_MAX as usize - 50;

#[test]
fn the_tallest_expressions() {
    let sum = vec!["n"; HEIGHT].join(" + ");
    let more = vec!["x > 0"; HEIGHT - 2].join(" and ");
    let nots = "not ".repeat(NESTED) + "b";
    let calls = "ifThenElse(b, n, ".repeat(NESTED) + "1" + &")".repeat(NESTED);
    let text = format!(
        "define stream S (n int, b bool);
from S[{nots}] select {sum} as x, {calls} as y having {more} insert into Out;"
    );
    let plan = planned(&text).plan.expect("it has no mistake");
    assert!(explain_text(&plan).len() > text.len());
    assert!(explain_json(&plan)["queries"].is_array());
}

#[test]
fn many_queries_in_a_ring() {
    let n = 300;
    let defined: String = (0..n).map(|i| format!("define stream S{i} (n int);\n")).collect();
    let queries: Vec<String> = (0..n).map(|i| format!("from S{i} select n insert into S{}", (i + 1) % n)).collect();
    let plan = planned(&format!("{defined}{};", queries.join(";\n"))).plan.expect("it has no mistake");
    assert_eq!(plan.regions.len(), 1);
    assert!(plan.regions[0].reason.ends_with("is a loop"));
}
