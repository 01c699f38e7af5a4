//! The row-at-a-time evaluator that tests hold the kernels against: a plain recursion over the expression.

use riddhi_batch::{Type, Value};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::registry::{RowCx, RowFailure, ScalarKernel};

use super::{by_value, site};

/// The value of `expr` for one row.
pub fn value(expr: &Expr, input: &[Value], computed: &[Value], cx: &RowCx) -> Result<Value, RowFailure> {
    let at = |e: &Expr| value(e, input, computed, cx);
    let truth = |e: &Expr| by_value::truth(&at(e)?);
    Ok(match &expr.node {
        Node::Const(x) => x.clone(),
        Node::Attr(i) => input[*i as usize].clone(),
        Node::Aggregate(i) => computed[*i as usize].clone(),
        Node::Arith(op, a, b) => by_value::arith(*op, expr.ty, &at(a)?, &at(b)?)?,
        Node::Compare(op, a, b) => Value::Bool(by_value::compare(*op, a.ty, b.ty, &at(a)?, &at(b)?)?),
        Node::And(a, b) => Value::Bool(truth(a)? && truth(b)?),
        Node::Or(a, b) => Value::Bool(truth(a)? || truth(b)?),
        Node::Not(a) => Value::Bool(!truth(a)?),
        Node::IsNull(a) => Value::Bool(at(a)?.is_null()),
        Node::Column(_) | Node::In(_) => return Err(RowFailure::new("the reference has no tables")),
        Node::Call { kernel, args, .. } => {
            let cx = RowCx { seed: cx.seed ^ site(expr), ..*cx };
            let result = call(kernel.as_ref(), args, &cx, at)?;
            if expr.ty == Type::Bool { Value::Bool(by_value::truth(&result)?) } else { result }
        }
    })
}

/// Whether the row passes the filter `expr`.
pub fn holds(expr: &Expr, input: &[Value], computed: &[Value], cx: &RowCx) -> Result<bool, RowFailure> {
    by_value::truth(&value(expr, input, computed, cx)?)
}

fn call(
    kernel: &dyn ScalarKernel,
    args: &[Expr],
    cx: &RowCx,
    at: impl Fn(&Expr) -> Result<Value, RowFailure>,
) -> Result<Value, RowFailure> {
    let mut values: Vec<Value> = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        let used = !kernel.lazy() || i == 0 || kernel.uses(&values[0], i);
        values.push(if used { at(arg)? } else { Value::Null });
    }
    kernel.row(cx, &values)
}
