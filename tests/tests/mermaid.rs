//! The charts of all apps of the cases are mermaid: each line has one of a few forms, with every name quoted and every
//! box declared before an arrow uses it.

use std::collections::BTreeSet;

use riddhi_plan::explain_mermaid;
use riddhi_run::compile;
use riddhi_tests::data::cases;

/// The box that a line declares: `s0["..."]`, `s0[/"..."/]`, `q0(["..."])`.
fn declared(line: &str) -> Option<&str> {
    let open = line.find(['[', '('])?;
    let (name, shape) = line.split_at(open);
    let text = [("[/\"", "\"/]"), ("[\"", "\"]"), ("([\"", "\"])")]
        .iter()
        .find_map(|(before, after)| shape.strip_prefix(before)?.strip_suffix(after))?;
    is_label(text).then_some(name)
}

/// Nothing in it that ends the quotes or means something to mermaid or HTML, but for line ends and numbered characters.
fn is_label(text: &str) -> bool {
    let text = text.replace("<br>", "");
    let mut parts = text.split('#');
    let plain = |part: &str| !part.contains(['"', '<', '>', '`', '\n', ';', '[', ']', '{', '}', '|', '&']);
    let numbered = |part: &str| {
        part.split_once(';').is_some_and(|(digits, rest)| digits.bytes().all(|b| b.is_ascii_digit()) && plain(rest))
    };
    parts.next().is_none_or(plain) && parts.all(numbered)
}

fn check(chart: &str) -> Result<usize, String> {
    let mut lines = chart.lines().map(str::trim);
    if lines.next() != Some("flowchart LR") {
        return Err("it does not begin as a flowchart".to_owned());
    }
    let (mut boxes, mut open, mut arrows) = (BTreeSet::new(), false, 0);
    for line in lines {
        let wrong = || format!("not mermaid: {line}");
        if let Some(frame) = line.strip_prefix("subgraph ") {
            declared(frame).filter(|_| !open).ok_or_else(wrong)?;
            open = true;
        } else if line == "end" {
            open = open.then_some(false).ok_or_else(wrong)?;
        } else if let Some((from, to)) = line.split_once(" --") {
            let to =
                ["> ", ">|expired| ", ">|all| "].iter().find_map(|arrow| to.strip_prefix(arrow)).ok_or_else(wrong)?;
            arrows += 1;
            if !boxes.contains(from) || !boxes.contains(to) {
                return Err(format!("no such box: {line}"));
            }
        } else if !boxes.insert(declared(line).ok_or_else(wrong)?) {
            return Err(format!("declared twice: {line}"));
        }
    }
    if open { Err("a frame is open".to_owned()) } else { Ok(arrows) }
}

#[test]
fn charts_are_mermaid() {
    let apps = ["cases", "data/core"].into_iter().flat_map(cases).flat_map(|case| case.apps);
    let mut arrows = 0;
    for app in apps {
        if let Some(plan) = compile(&app).plan {
            let chart = explain_mermaid(&plan);
            arrows += check(&chart).unwrap_or_else(|e| panic!("{app}: {e}\n{chart}"));
        }
    }
    assert!(arrows > 2000, "only {arrows} arrows were seen");
}
