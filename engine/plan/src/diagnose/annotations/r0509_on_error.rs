use riddhi_ql::{Diagnostic, Span};

code! {
    R0509, "`@OnError` has no action, or one that does not exist",
    "@OnError(action='ignore') define stream A (n int);",
    @"
    error[R0509]: `ignore` is no action of `@OnError`
     --> app.siddhi:2:17
      |
    2 | @OnError(action='ignore') define stream A (n int);
      |                 ^^^^^^^^
      |
      = help: give action='log', 'stream' or 'store'
    "
}

pub(crate) fn on_error(action: Option<&str>, span: Span) -> Diagnostic {
    let message = match action {
        Some(action) => format!("`{action}` is no action of `@OnError`"),
        None => "`@OnError` lacks its `action`".to_owned(),
    };
    CODE.error(message, span).help("give action='log', 'stream' or 'store'")
}

also! {
    without_an_action,
    "@OnError(action='ignore') define stream A (n int);\n@OnError define stream B (n int);",
    @"
    error[R0509]: `ignore` is no action of `@OnError`
     --> app.siddhi:2:17
      |
    2 | @OnError(action='ignore') define stream A (n int);
      |                 ^^^^^^^^
      |
      = help: give action='log', 'stream' or 'store'

    error[R0509]: `@OnError` lacks its `action`
     --> app.siddhi:3:1
      |
    3 | @OnError define stream B (n int);
      | ^^^^^^^^
      |
      = help: give action='log', 'stream' or 'store'
    "
}
