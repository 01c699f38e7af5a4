//! What must hold for any bytes: run by the fuzzer, over its corpus, and over random bytes.

use riddhi_config::{Environment, load as read};
use riddhi_ql::render_text;

fn environment() -> Environment {
    let variables = [("RIDDHI__ACK", "received"), ("WSO2_DATASOURCES__DATASOURCES_0_NAME", "a"), ("X", "\u{0}")];
    let variables = variables.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Environment { variables, ..Environment::default() }
}

/// No panic, places within the text, and either a configuration or an error.
pub fn load(bytes: &[u8]) {
    let loaded = read("x.yaml", bytes, &environment());
    let text = render_text(&loaded.diagnostics, &loaded.source, false);
    assert_eq!(loaded.config.is_none(), loaded.diagnostics.iter().any(|d| d.is_error()), "{text}");
    for d in &loaded.diagnostics {
        assert!(d.primary.span.end as usize <= loaded.source.text().len());
        assert!(d.help.is_some());
    }
}
