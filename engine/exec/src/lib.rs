//! Expression kernels, operators, state and timers.

pub mod expr;
