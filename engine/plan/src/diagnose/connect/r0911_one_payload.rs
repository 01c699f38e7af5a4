use riddhi_ql::{Diagnostic, Span};

code! {
    R0911, "`@payload` takes one value",
    "@sink(type='file', file.uri='f', @map(type='text', @payload('a', 'b'))) define stream A (n int);",
    @"
    error[R0911]: `@payload` of `text` takes one value, not 2
     --> app.siddhi:2:52
      |
    2 | @sink(type='file', file.uri='f', @map(type='text', @payload('a', 'b'))) define stream A (n int);
      |                                                    ^^^^^^^^^^^^^^^^^^
      |
      = help: write one text with `{{attribute}}` in it
    "
}

pub(crate) fn one_payload(mapper: &str, found: usize, span: Span) -> Diagnostic {
    CODE.error(format!("`@payload` of `{mapper}` takes one value, not {found}"), span)
        .help("write one text with `{{attribute}}` in it")
}
