use riddhi_batch::Type;
use riddhi_ql::ast::BinaryOp;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0304, "arithmetic needs a number on at least one side",
    "from S select symbol + 'x' as x insert into Out;",
    @"
    error[R0304]: `+` needs numbers, not string and string
     --> app.siddhi:2:22
      |
    2 | from S select symbol + 'x' as x insert into Out;
      |                      ^ neither side is a number
      |
      = help: `+` does not join strings; `str:concat(a, b)` does
    "
}

pub(crate) fn arithmetic(op: BinaryOp, left: Type, right: Type, span: Span) -> Diagnostic {
    let diagnostic = CODE
        .error(format!("`{}` needs numbers, not {left} and {right}", op.text()), span)
        .label("neither side is a number");
    if op == BinaryOp::Add && (left == Type::String || right == Type::String) {
        return diagnostic.help("`+` does not join strings; `str:concat(a, b)` does");
    }
    diagnostic.help("`convert(x, 'double')` makes a number of a string or bool")
}

also! {
    bools_are_not_added,
    "from S select on * on as x insert into Out;",
    @"
    error[R0304]: `*` needs numbers, not bool and bool
     --> app.siddhi:2:18
      |
    2 | from S select on * on as x insert into Out;
      |                  ^ neither side is a number
      |
      = help: `convert(x, 'double')` makes a number of a string or bool
    "
}
