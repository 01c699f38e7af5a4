//! Types: operands and conditions.

use riddhi_batch::Type;
use riddhi_ql::ast::BinaryOp;
use riddhi_ql::{Code, Diagnostic, Span};

pub(crate) fn condition(what: &str, ty: Type, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0301"), format!("{what} must be a bool"), span)
        .label(format!("this is a{} {ty}", n(ty)))
        .help("compare it with something")
}

pub(crate) fn logical(op: &str, ty: Type, span: Span, comparison_below: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0302"), format!("`{op}` takes bool, not {ty}"), span)
        .label(format!("this is a{} {ty}", n(ty)));
    if comparison_below {
        return diagnostic
            .note("`not` binds more tightly than comparisons: `not a == b` means `(not a) == b`")
            .help("put the comparison in parentheses: `not (a == b)`");
    }
    diagnostic.help("compare it with something")
}

pub(crate) fn comparison(op: BinaryOp, left: Type, right: Type, span: Span) -> Diagnostic {
    let op_text = op.text();
    let diagnostic =
        Diagnostic::error(Code("R0303"), format!("{left} and {right} cannot be compared with `{op_text}`"), span);
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

pub(crate) fn arithmetic(op: BinaryOp, left: Type, right: Type, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code("R0304"), format!("`{}` needs numbers, not {left} and {right}", op.text()), span)
            .label("neither side is a number");
    if op == BinaryOp::Add && (left == Type::String || right == Type::String) {
        return diagnostic.help("`+` does not join strings; `str:concat(a, b)` does");
    }
    diagnostic
}

pub(crate) fn too_large(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0305"), "the query's expressions grow too large", span)
        .label("copied here once too often")
        .note("`having` works on what the selected attributes are computed from, and so do conditions of aggregates")
        .help("select in one query, and put the rest into a second query that reads its stream")
}

/// The `n` of `an int`.
fn n(ty: Type) -> &'static str {
    if matches!(ty, Type::Int | Type::Object) { "n" } else { "" }
}
