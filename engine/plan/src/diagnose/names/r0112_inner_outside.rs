use riddhi_ql::{Diagnostic, Span};

code! {
    R0112, "an inner stream is used outside a partition",
    "from S select n insert into #Out;",
    @"
    error[R0112]: inner stream `#Out` stands outside a partition
     --> app.siddhi:2:29
      |
    2 | from S select n insert into #Out;
      |                             ^^^^ would go nowhere
      |
      = help: leave out `#`, or put the query into a partition
    "
}

pub(crate) fn inner_outside(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("inner stream `#{name}` stands outside a partition"), span)
        .label("would go nowhere")
        .help("leave out `#`, or put the query into a partition")
}
