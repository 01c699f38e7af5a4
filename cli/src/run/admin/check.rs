//! What a reader of Prometheus' text form insists on; for tests, those of the command line too.

use std::collections::HashSet;

fn name_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// The labels' text up to its brace, and what follows.
fn labels(text: &str) -> Result<(&str, &str), String> {
    let mut rest = text;
    loop {
        let n = name_end(rest);
        if n == 0 {
            return Err(format!("no label in {rest}"));
        }
        rest = rest[n..].strip_prefix("=\"").ok_or(format!("no value in {rest}"))?;
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = &rest[end.ok_or("a label does not end")? + 1..];
        match rest.as_bytes().first() {
            Some(b',') => rest = &rest[1..],
            Some(b'}') => return Ok((&text[..text.len() - rest.len()], &rest[1..])),
            _ => return Err(format!("after a label: {rest}")),
        }
    }
}

/// Checks a text of the whole port: each family once, with help and type, its samples together, none twice, counters that
/// end in `_total`, values that are numbers.
pub fn check(text: &str) -> Result<(), String> {
    let (mut families, mut series, mut at) = (HashSet::new(), HashSet::new(), ("", ""));
    let mut helped = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or(format!("no help: {line}"))?;
            if help.trim().is_empty() || !families.insert(name) {
                return Err(format!("no help, or a family a second time: {line}"));
            }
            helped = name;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            at = rest.split_once(' ').ok_or(format!("no type: {line}"))?;
            if at.0 != helped || !["counter", "gauge"].contains(&at.1) {
                return Err(format!("a type without help, or none: {line}"));
            }
            if (at.1 == "counter") != at.0.ends_with("_total") {
                return Err(format!("a counter ends in _total, and nothing else does: {line}"));
            }
        } else {
            let n = name_end(line);
            let (of, rest) = match line[n..].strip_prefix('{') {
                Some(inner) => labels(inner)?,
                None => ("", &line[n..]),
            };
            if &line[..n] != at.0 {
                return Err(format!("a sample outside of its family: {line}"));
            }
            let value: f64 = rest.trim_start().parse().map_err(|_| format!("no number: {line}"))?;
            if !value.is_finite() || !series.insert((at.0, of)) {
                return Err(format!("no finite number, or a series a second time: {line}"));
            }
        }
    }
    if text.ends_with('\n') { Ok(()) } else { Err("the last line does not end".to_owned()) }
}

#[test]
fn what_is_wrong_is_found() {
    let good = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"b\\\"},\"} 1\na_total 2.5\n";
    assert_eq!(check(good), Ok(()));
    for wrong in [
        "a_total 1\n",
        "# HELP a A.\n# TYPE a counter\na 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a A.\n# TYPE a gauge\na x\n",
        "# HELP a A.\n# TYPE a gauge\na{b} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"c} 1\n",
        "# HELP a A.\n# TYPE a gauge\n# HELP a A.\n",
        "# HELP a A.\n# TYPE a gauge\na 1",
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
