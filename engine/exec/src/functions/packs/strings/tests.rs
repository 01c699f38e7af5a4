use riddhi_batch::Value;
use riddhi_plan::registry::{ArgType, RowCx};

use super::*;

/// `str:name` of these values; none where the row fails.
fn of(name: &str, args: &[Value]) -> Option<Value> {
    let mut registry = Registry::default();
    register(&mut registry);
    let types: Vec<ArgType> = args
        .iter()
        .map(|a| {
            let ty = a.ty().unwrap_or(Type::String);
            ArgType { ty, kind: ty.kind(), constant: None, attribute: None }
        })
        .collect();
    let bound = registry.find_scalar("str", name).unwrap().bind(&types).unwrap();
    bound.kernel.row(&RowCx::default(), args).ok()
}

fn text(x: &str) -> Value {
    Value::Str(x.into())
}

fn gives(name: &str, args: &[Value], wanted: &str) {
    assert_eq!(of(name, args), Some(text(wanted)), "{name} of {args:?}");
}

#[test]
fn pieces_of_a_split_are_counted_without_the_empty_ones_at_the_end() {
    let piece = |x: &str, pattern: &str, n| of("split", &[text(x), text(pattern), Value::Int(n)]);
    assert_eq!(piece("a,b,,", ",", 1), Some(text("b")));
    assert_eq!(piece("a,b,,", ",", 2), None);
    assert_eq!(piece("a,,b", ",", 1), Some(text("")));
    assert_eq!(piece("", ",", 0), Some(text("")));
    assert_eq!(piece(",", ",", 0), None);
    assert_eq!(piece(",a", ",", 0), Some(text("")));
    assert_eq!(piece("ab", "", 0), Some(text("a")));
    assert_eq!(piece("ab", "", 1), Some(text("b")));
    assert_eq!(piece("ab", "", 2), None);
    assert_eq!(piece("ab", ",", -1), None);
}

#[test]
fn templates_are_filled_by_number() {
    gives("fillTemplate", &[text("a {{1}} b {{ 2 }}"), Value::Int(5), text("x")], "a 5 b x");
    gives("fillTemplate", &[text("{{1}}{{1}}"), text("x")], "xx");
    gives("fillTemplate", &[text("{{1}}"), Value::Null], "1");
    assert_eq!(of("fillTemplate", &[text("{{2}}"), text("x")]), None);
    assert_eq!(of("fillTemplate", &[text("{{x}}"), text("x")]), None);
    gives("fillTemplate", &[text("a{{1"), text("x")], "ax");
    gives("fillTemplate", &[text("a{{"), text("x")], "a");
}

#[test]
fn a_replacement_names_groups() {
    let all = |x: &str, pattern: &str, with: &str| of("replaceAll", &[text(x), text(pattern), text(with)]);
    assert_eq!(all("ab", "(a)(b)", "$2$1"), Some(text("ba")));
    assert_eq!(all("ab", "(a)", "$12"), Some(text("a2b")));
    assert_eq!(all("ab", "(?<n>a)", "${n}${n}"), Some(text("aab")));
    assert_eq!(all("ab", "a", r"\$1"), Some(text("$1b")));
    assert_eq!(all("ab", "a", "$1"), None);
    assert_eq!(all("ab", "a", "$"), None);
    assert_eq!(all("baac", "a*", "X"), Some(text("XbXXcX")));
}

#[test]
fn places_count_as_the_host_language_counts() {
    assert_eq!(of("length", &[text("a😀é")]), Some(Value::Int(4)));
    gives("charAt", &[text("aé"), Value::Int(1)], "é");
    gives("charAt", &[text("😀"), Value::Int(0)], "?");
    gives("substr", &[text("a😀é"), Value::Int(3)], "é");
    gives("substr", &[text("abc"), Value::Int(3)], "");
    assert_eq!(of("substr", &[text("abc"), Value::Int(4)]), None);
    assert_eq!(of("substr", &[text("abc"), Value::Int(1), Value::Int(-1)]), None);
    assert_eq!(of("locate", &[text("z"), text("abc"), Value::Int(2)]), Some(Value::Int(1)));
    assert_eq!(of("strcmp", &[text("ab"), text("abc")]), Some(Value::Int(-1)));
    gives("hex", &[text("MySQL")], "4d7953514c");
    gives("unhex", &[text("4d7953514c")], "MySQL");
    assert_eq!(of("unhex", &[text("4d7")]), None);
    assert_eq!(of("repeat", &[text("abcd"), Value::Int(i32::MAX)]), None);
}

#[test]
fn case_counts_nothing_one_character_for_one() {
    let same = |x: &str, y: &str| of("equalsIgnoreCase", &[text(x), text(y)]);
    assert_eq!(same("ÉaΣ", "éAς"), Some(Value::Bool(true)));
    assert_eq!(same("ß", "SS"), Some(Value::Bool(false)));
    assert_eq!(of("equalsIgnoreCase", &[text("x"), Value::Null]), Some(Value::Bool(false)));
    assert_eq!(of("equalsIgnoreCase", &[Value::Null, text("x")]), None);
}
