use riddhi_batch::Value;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0604, "a window of size 0, or of a negative one",
    "from S#window.length(0) select n insert into Out;",
    @"
    warning[R0604]: the size of `length` is 0
     --> app.siddhi:2:22
      |
    2 | from S#window.length(0) select n insert into Out;
      |                      ^ not positive
      |
      = help: give a positive number
    "
}

/// Which arguments of a window are sizes, in events or milliseconds.
const SIZES: [(&str, &[usize]); 10] = [
    ("delay", &[0]),
    ("externalTime", &[1]),
    ("frequent", &[0]),
    ("length", &[0]),
    ("lengthBatch", &[0]),
    ("session", &[0]),
    ("sort", &[0]),
    ("time", &[0]),
    ("timeBatch", &[0]),
    ("timeLength", &[0, 1]),
];

/// Of argument `n` of a window, if it is a size and not positive. Siddhi takes it as well.
pub(crate) fn empty_window(name: &str, n: usize, value: &Value, span: Span) -> Option<Diagnostic> {
    let sizes = SIZES.iter().find(|(window, _)| *window == name)?.1;
    let size = match value {
        Value::Int(size) => i64::from(*size),
        Value::Long(size) => *size,
        _ => return None,
    };
    let warning = || CODE.warning(format!("the size of `{name}` is {size}"), span);
    (size <= 0 && sizes.contains(&n)).then(|| warning().label("not positive").help("give a positive number"))
}

also! {
    time,
    "from S#window.time(0 sec) select n insert into Out; from S#window.externalTime(volume, -5) select n insert into More;",
    @"
    warning[R0604]: the size of `time` is 0
     --> app.siddhi:2:20
      |
    2 | from S#window.time(0 sec) select n insert into Out; from S#window.externalTime(volume, -5) select n insert into More;
      |                    ^^^^^ not positive
      |
      = help: give a positive number

    warning[R0604]: the size of `externalTime` is -5
     --> app.siddhi:2:88
      |
    2 | from S#window.time(0 sec) select n insert into Out; from S#window.externalTime(volume, -5) select n insert into More;
      |                                                                                        ^^ not positive
      |
      = help: give a positive number
    "
}
