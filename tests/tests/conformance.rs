//! Every recorded case answers as the real Siddhi did, but for those that `known.txt` names.

use std::panic::{AssertUnwindSafe, catch_unwind};

use riddhi_case::compare::check;
use riddhi_case::drive::Way;
use riddhi_case::form::Case;
use riddhi_tests::data::{cases, known};

#[test]
fn written_cases() {
    all(&cases("cases"), 500);
}

#[test]
fn recorded_random_apps() {
    all(&cases("data/core"), 500);
}

#[test]
fn recorded_long_bursts() {
    all(&cases("data/dense"), 20);
}

fn all(cases: &[Case], least: usize) {
    assert!(cases.len() >= least, "only {} cases were found", cases.len());
    let known = known();
    let mut wrong = Vec::new();
    for case in cases {
        let listed = known.iter().any(|k| k.0 == case.name);
        let answer = catch_unwind(AssertUnwindSafe(|| check(case, &Way::frames_of(64))));
        match answer {
            Ok(Ok(())) if listed => wrong.push(format!("{}: no longer differs, and known.txt says it does", case.name)),
            Ok(Err(_)) if listed => {}
            Ok(Ok(())) => {}
            Ok(Err(difference)) => wrong.push(format!("{}\n  {difference}", case.name)),
            Err(_) => wrong.push(format!("{}: a panic", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
