//! Any text: parsing, rendering, printing and laying out never panic, what is printed parses again, and what is laid out
//! stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riddhi_ql::{Report, Source, Unformatted, format, parse, parse_on_demand, render_text};

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz", text);
    let parsed = parse(text);
    render_text(&parsed.diagnostics, &source, false);
    for diagnostic in &parsed.diagnostics {
        Report::new(diagnostic, &source);
    }
    let printed = parsed.app.to_string();
    // Unknown characters may stand for definitions, and are not printed.
    if parsed.diagnostics.is_empty() && !parsed.app.definitions.is_empty() {
        let again = parse(&printed);
        assert!(again.diagnostics.is_empty(), "{printed}");
        assert_eq!(again.app.to_string(), printed);
    }
    match format(text, |_| None) {
        Ok(once) => assert_eq!(format(&once, |_| None).expect("it has no mistakes"), once),
        Err(Unformatted::Mistakes(_)) => {}
        Err(Unformatted::Differs) => panic!("the layout changes it"),
    }
    if let Some(query) = parse_on_demand(text).query {
        assert!(parse_on_demand(&query.to_string()).query.is_some(), "{query}");
    }
});
