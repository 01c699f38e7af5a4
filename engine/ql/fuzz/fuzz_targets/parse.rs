//! Any text: parsing, rendering and printing never panic, and what is printed parses again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riddhi_ql::{Report, Source, parse, parse_on_demand, render_text};

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
    if let Some(query) = parse_on_demand(text).query {
        assert!(parse_on_demand(&query.to_string()).query.is_some(), "{query}");
    }
});
