use crate::TEXT_BYTES_MAX;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! { S0034, "a text that is too long", shown by a_text_of_blanks }

pub(crate) fn text_size(bytes: usize) -> Diagnostic {
    let message = format!("a text may have {TEXT_BYTES_MAX} bytes, this one has {bytes}");
    CODE.error(message, Span::default()).help("divide it into several apps")
}

#[cfg(test)]
#[test]
fn a_text_of_blanks() {
    let text = " ".repeat(TEXT_BYTES_MAX + 1);
    let messages: Vec<String> = crate::parse(&text).diagnostics.into_iter().map(|d| d.message).collect();
    insta::assert_snapshot!(messages.join("\n"), @"a text may have 16777216 bytes, this one has 16777217");
}
