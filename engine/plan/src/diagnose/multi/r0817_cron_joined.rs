use riddhi_ql::{Diagnostic, Span};

code! {
    R0817, "a join with a named `cron` window",
    "define window W (n int) cron('*/5 * * * * ?'); from S join W select S.n insert into Out;",
    @"
    error[R0817]: window `W` cannot be joined
     --> app.siddhi:2:60
      |
    2 | define window W (n int) cron('*/5 * * * * ?'); from S join W select S.n insert into Out;
      |                                                            ^ a `cron` window has nothing to find
      |
      = help: insert its rows into another window, or into a table
    "
}

pub(crate) fn cron_joined(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("window `{name}` cannot be joined"), span)
        .label("a `cron` window has nothing to find")
        .help("insert its rows into another window, or into a table")
}
