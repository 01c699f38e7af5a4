//! A number as the same number of another type, for look-ups by an index: null where that type has no such number.

use std::sync::Arc;

use riddhi_batch::{Column, Type, Value};

use crate::expr::{Expr, Node};
use crate::registry::{Arg, Failed, KernelCx, RowCx, RowFailure, ScalarKernel, Volatility};

/// What `==` compares a column of the first type with, if a value of the second type equals one value of the column at most.
pub(crate) fn is_unique(column: Type, value: Type) -> bool {
    matches!((column, value), (Type::Int, Type::Long | Type::Double))
}

/// The value as one of the type, or null.
pub(crate) fn exactly(value: &Expr, ty: Type) -> Expr {
    let node = Node::Call {
        name: "exactly".to_owned(),
        kernel: Arc::new(Exactly(ty)),
        volatility: Volatility::Pure,
        args: vec![value.clone()],
    };
    Expr { ty, kind: ty.kind(), node, span: value.span }
}

#[derive(Debug)]
struct Exactly(Type);

impl ScalarKernel for Exactly {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        for i in 0..n {
            let value = args[0].column.value(args[0].at(i), cx.arena);
            out.push_value(&exact(&value, self.0), cx.arena);
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(exact(&args[0], self.0))
    }
}

fn exact(value: &Value, ty: Type) -> Value {
    match (value, ty) {
        (&Value::Long(x), Type::Int) => i32::try_from(x).map_or(Value::Null, Value::Int),
        (&Value::Double(x), Type::Int) if f64::from(x as i32) == x => Value::Int(x as i32),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_equal_is_null() {
        assert_eq!(exact(&Value::Long(1 << 40), Type::Int), Value::Null);
        assert_eq!(exact(&Value::Long(-7), Type::Int), Value::Int(-7));
        assert_eq!(exact(&Value::Double(2.5), Type::Int), Value::Null);
        assert_eq!(exact(&Value::Double(-0.0), Type::Int), Value::Int(0));
        assert_eq!(exact(&Value::Double(3e9), Type::Int), Value::Null);
        assert_eq!(exact(&Value::Double(f64::NAN), Type::Int), Value::Null);
    }
}
