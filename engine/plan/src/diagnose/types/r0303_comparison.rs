use riddhi_batch::Type;
use riddhi_ql::ast::BinaryOp;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0303, "the two cannot be compared",
    "from S[symbol > 'a'] select n insert into Out;",
    @"
    error[R0303]: string and string cannot be compared with `>`
     --> app.siddhi:2:8
      |
    2 | from S[symbol > 'a'] select n insert into Out;
      |        ^^^^^^^^^^^^ only numbers are ordered
      |
      = help: use `==` or `!=`, or convert both sides to numbers
    "
}

pub(crate) fn comparison(op: BinaryOp, left: Type, right: Type, span: Span) -> Diagnostic {
    let op_text = op.text();
    let diagnostic = CODE.error(format!("{left} and {right} cannot be compared with `{op_text}`"), span);
    if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
        let diagnostic = diagnostic.label(format!("{left} {op_text} {right}"));
        return match (left, right) {
            (Type::Object, _) | (_, Type::Object) => diagnostic.help("cast the object: `cast(x, 'string')`"),
            _ => diagnostic.help(
                "numbers compare with numbers, string with string, bool with bool; `convert(x, 'type')` changes a type",
            ),
        };
    }
    diagnostic.label("only numbers are ordered").help("use `==` or `!=`, or convert both sides to numbers")
}

also! {
    comparison_of_string_and_number,
    "from S[symbol == 5] select n insert into Out;",
    @"
    error[R0303]: string and int cannot be compared with `==`
     --> app.siddhi:2:8
      |
    2 | from S[symbol == 5] select n insert into Out;
      |        ^^^^^^^^^^^ string == int
      |
      = help: numbers compare with numbers, string with string, bool with bool; `convert(x, 'type')` changes a type
    "
}

also! {
    objects_do_not_compare,
    "from S[createSet(n) == createSet(1)] select n insert into Out;",
    @"
    error[R0303]: object and object cannot be compared with `==`
     --> app.siddhi:2:8
      |
    2 | from S[createSet(n) == createSet(1)] select n insert into Out;
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ object == object
      |
      = help: cast the object: `cast(x, 'string')`
    "
}
