use crate::diagnostic::Diagnostic;
use crate::span::Span;

use super::NO_ESCAPES;

code! {
    S0002, "a character that starts no token",
    "from S[n > 1 ^ 2] select n insert into Out;",
    @"
    error[S0002]: unknown character `^`
     --> app.siddhi:2:14
      |
    2 | from S[n > 1 ^ 2] select n insert into Out;
      |              ^
      |
      = help: leave it out; in strings it is allowed
    "
}

/// `escaped`: a string that ends in a backslash stands before it.
pub(crate) fn unknown_character(text: &str, escaped: bool, span: Span) -> Diagnostic {
    let shown = match text.chars().next() {
        Some(c) if c.is_control() || c.is_whitespace() => format!("U+{:04X}", c as u32),
        _ => format!("`{text}`"),
    };
    let error = CODE.error(format!("unknown character {shown}"), span);
    match text {
        _ if escaped => error.help(NO_ESCAPES),
        "\u{c}" => error.help("a form feed is no white space here"),
        "{" => error.label("this brace is never closed").help("close it with `}`"),
        "'" | "\"" | "`" => error.label("this quote is never closed").help("put the same quote at the end"),
        _ if text.chars().all(char::is_alphabetic) => error.help("a name with such letters stands in back-quotes"),
        _ => error.help("leave it out; in strings it is allowed"),
    }
}

also! {
    letters,
    "from größe select n insert into Out;",
    @"
    error[S0002]: unknown character `ö`
     --> app.siddhi:2:8
      |
    2 | from größe select n insert into Out;
      |        ^
      |
      = help: a name with such letters stands in back-quotes
    "
}

also! {
    open_brace,
    "define function f[javascript] return int { return 1;",
    @"
    error[S0002]: unknown character `{`
     --> app.siddhi:2:42
      |
    2 | define function f[javascript] return int { return 1;
      |                                          ^ this brace is never closed
      |
      = help: close it with `}`
    "
}
