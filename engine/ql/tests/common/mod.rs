//! What several tests need.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt::Debug;

use riddhi_ql::{Diagnostic, Report, Source, Unformatted, format, parse, parse_on_demand, render_text};

/// A tree without its places: what two texts of one meaning have in common.
pub fn shape(tree: &impl Debug) -> String {
    let text = format!("{tree:?}").replace("parens: true", "parens: false");
    let mut shape = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(dots) = rest.find("..") {
        let before = rest[..dots].trim_end_matches(|c: char| c.is_ascii_digit());
        let after = rest[dots + 2..].trim_start_matches(|c: char| c.is_ascii_digit());
        shape.push_str(before);
        shape.push_str("..");
        rest = after;
    }
    shape + rest
}

/// Asserts that the printed tree of an app parses to the same tree, and gives the printed text.
pub fn reprint_app(text: &str) -> String {
    let first = parse(text);
    assert!(first.diagnostics.is_empty(), "{}", shown(&first.diagnostics, text));
    let printed = first.app.to_string();
    let second = parse(&printed);
    assert!(second.diagnostics.is_empty(), "{}", shown(&second.diagnostics, &printed));
    assert_eq!(shape(&first.app), shape(&second.app), "printing {text:?} as {printed:?} changes it");
    assert_eq!(printed, second.app.to_string(), "printing is stable");
    printed
}

/// The same of an on-demand query.
pub fn reprint_on_demand(text: &str) -> String {
    let first = parse_on_demand(text);
    let tree = first.query.unwrap_or_else(|| panic!("{}", shown(&first.diagnostics, text)));
    let printed = tree.to_string();
    let second = parse_on_demand(&printed);
    let again = second.query.unwrap_or_else(|| panic!("{}", shown(&second.diagnostics, &printed)));
    assert_eq!(shape(&tree), shape(&again), "printing {text:?} as {printed:?} changes it");
    printed
}

/// Diagnostics as the terminal shows them.
pub fn shown(diagnostics: &[Diagnostic], text: &str) -> String {
    render_text(diagnostics, &Source::new("app.siddhi", text), false)
}

/// The codes of all diagnostics, each with the text it points at.
pub fn codes(diagnostics: &[Diagnostic], text: &str) -> String {
    let code = |d: &Diagnostic| format!("{} `{}`", d.code, d.primary.span.of(text));
    diagnostics.iter().map(code).collect::<Vec<_>>().join(", ")
}

/// What holds for any text at all: nothing panics, diagnostics point into the text and render, and what is understood
/// without a mistake can be printed and parsed again.
pub fn check_any(text: &str) {
    let source = Source::new("any", text);
    let parsed = parse(text);
    let on_demand = parse_on_demand(text);
    for diagnostic in parsed.diagnostics.iter().chain(&on_demand.diagnostics) {
        let spans = diagnostic.secondary.iter().map(|l| l.span).chain([diagnostic.primary.span]);
        for span in spans.chain(diagnostic.help.iter().flat_map(|h| &h.replacement).map(|r| r.span)) {
            let inside = text.get(span.start as usize..span.end as usize);
            assert!(inside.is_some(), "{span:?} of {} lies in {text:?}", diagnostic.code);
        }
        Report::new(diagnostic, &source);
        let shown = render_text(std::slice::from_ref(diagnostic), &source, false);
        assert!(shown.contains(diagnostic.code.0), "{shown}");
    }
    let sorted = parsed.diagnostics.is_sorted_by_key(|d| d.primary.span);
    assert!(sorted, "diagnostics come in the order of their places");
    // Unknown characters may stand for definitions and are not printed.
    if parsed.diagnostics.is_empty() && !parsed.app.definitions.is_empty() {
        reprint_app(text);
    }
    match format(text, |_| None) {
        Ok(once) => match format(&once, |_| None) {
            Ok(twice) => assert_eq!(once, twice, "the layout of {text:?} is not stable"),
            Err(e) => panic!("{text:?} became {once:?}: {e:?}"),
        },
        Err(Unformatted::Differs) => panic!("the layout changes {text:?}"),
        Err(Unformatted::Mistakes(_)) => {}
    }
    if on_demand.query.is_some() {
        reprint_on_demand(text);
    }
}
