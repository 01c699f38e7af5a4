use riddhi_ql::{Diagnostic, Span};

code! {
    R0503, "`@app:playback` does not take the element",
    "@app:playback('true') define stream S (n int);",
    @"
    error[R0503]: `@app:playback` does not take a value without a key
     --> app.siddhi:1:15
      |
    1 | @app:playback('true') define stream S (n int);
      |               ^^^^^^ not known
      |
      = help: it takes nothing, or `idle.time` and `increment` together
    "
}

pub(crate) fn playback_element(key: &str, span: Span) -> Diagnostic {
    let what = if key.is_empty() { "a value without a key".to_owned() } else { format!("an element `{key}`") };
    CODE.error(format!("`@app:playback` does not take {what}"), span)
        .label("not known")
        .help("it takes nothing, or `idle.time` and `increment` together")
}
