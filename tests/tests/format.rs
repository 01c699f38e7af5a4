//! Every app of the cases is laid out without changing what it means, and stays as it is when laid out again.

use std::collections::BTreeSet;
use std::fs;

use riddhi_ql::{format, parse};
use riddhi_tests::data::{cases, folder};

#[test]
fn apps_keep_their_meaning() {
    let all = ["cases", "data/core", "data/dense"].into_iter().flat_map(cases);
    let apps: BTreeSet<String> = all.flat_map(|case| case.apps).collect();
    let mut formatted = 0;
    for app in &apps {
        let before = parse(app);
        if !before.diagnostics.is_empty() {
            continue;
        }
        formatted += 1;
        let once = format(app, |_| None).unwrap_or_else(|e| panic!("{app}: {e:?}"));
        let after = parse(&once);
        assert!(after.diagnostics.is_empty(), "{app} became {once}");
        assert_eq!(before.app.to_string(), after.app.to_string(), "{app} became {once}");
        assert_eq!(format(&once, |_| None).expect("it has no mistakes"), once, "{app}");
    }
    assert!(formatted > 1200, "only {formatted} of {} apps are in order", apps.len());
}

#[test]
fn our_examples_are_laid_out() {
    let app = folder().join("../examples/flights/flights.siddhi");
    let text = fs::read_to_string(app).expect("it can be read");
    assert_eq!(format(&text, |_| None).expect("it has no mistakes"), text, "run `riddhi fmt` on it");
}
