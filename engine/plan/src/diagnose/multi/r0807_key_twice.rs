use riddhi_ql::{Diagnostic, Ident};

code! {
    R0807, "a stream has two keys in one partition",
    "partition with (n of S, on of S) begin from S select n insert into Out; end;",
    @"
    error[R0807]: stream `S` has two keys in this partition
     --> app.siddhi:2:31
      |
    2 | partition with (n of S, on of S) begin from S select n insert into Out; end;
      |                               ^ the second
      |
      = help: join both into one expression, or use two partitions
    "
}

pub(crate) fn key_twice(stream: &Ident) -> Diagnostic {
    CODE.error(format!("stream `{stream}` has two keys in this partition"), stream.span)
        .label("the second")
        .help("join both into one expression, or use two partitions")
}
