use riddhi_ql::{Diagnostic, Span, StrLit};

use crate::registry::ScriptError;

code! {
    R0209, "a script cannot be read",
    "define function f[javascript] return int { return 1 + ; };",
    @"
    error[R0209]: the script of `f`: unexpected token ';'
     --> app.siddhi:2:42
      |
    2 | define function f[javascript] return int { return 1 + ; };
      |                                          ^^^^^^^^^^^^^^^^ here
      |
      = help: a script is the body of a JavaScript function: it returns a value
    "
}

/// `body` is the script with its braces.
pub(crate) fn script(name: &str, error: &ScriptError, body: &StrLit) -> Diagnostic {
    CODE.error(format!("the script of `{name}`: {}", error.what), line_of(body, error.line))
        .label("here")
        .help("a script is the body of a JavaScript function: it returns a value")
}

/// Where a line of a script stands; the whole script if it is not told.
fn line_of(body: &StrLit, line: Option<u32>) -> Span {
    let mut start = 0;
    for (i, text) in body.value.split('\n').enumerate() {
        if line == Some(i as u32 + 1) {
            let lead = text.len() - text.trim_start().len();
            let len = text.trim().len().max(1);
            let from = (start + lead).min(body.value.len().saturating_sub(1));
            let to = (from + len).min(body.value.len());
            return Span::new(body.span.start + from as u32, body.span.start + to as u32);
        }
        start += text.len() + 1;
    }
    body.span
}
