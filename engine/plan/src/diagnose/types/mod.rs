//! Types: operands and conditions.

use riddhi_batch::Type;

mod r0301_condition;
mod r0302_logical;
mod r0303_comparison;
mod r0304_arithmetic;
mod r0305_too_large;

family! {
    r0301_condition,
    r0302_logical,
    r0303_comparison,
    r0304_arithmetic,
    r0305_too_large,
}

/// The `n` of `an int`.
fn n(ty: Type) -> &'static str {
    if matches!(ty, Type::Int | Type::Object) { "n" } else { "" }
}
