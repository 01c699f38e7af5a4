use crate::diagnostic::Diagnostic;
use crate::span::Span;

use super::NO_ESCAPES;

code! {
    S0004, "a character that a string cannot contain",
    "from S[symbol == 'a\"b'] select n insert into Out;",
    @r#"
    error[S0004]: a string in single quotes cannot contain a double quote
     --> app.siddhi:2:20
      |
    2 | from S[symbol == 'a"b'] select n insert into Out;
      |                    ^ not allowed here
      |
      = help: three double quotes may enclose anything: `"""a"b"""`
    "#
}

/// `place` is the character's, `string` the whole string's, and `inside` what it contains.
pub(crate) fn string_character(byte: u8, place: Span, string: Span, inside: &str) -> Diagnostic {
    let (message, label) = match byte {
        b'"' => ("a string in single quotes cannot contain a double quote", "not allowed here"),
        _ => ("a string in quotes cannot contain a control character", "control character"),
    };
    let error = CODE.error(message, place).label(label);
    match !inside.ends_with('"') && !inside.contains("\"\"\"") {
        true => error.fix("three double quotes may enclose anything", string, format!("\"\"\"{inside}\"\"\"")),
        false => error.help(NO_ESCAPES),
    }
}
