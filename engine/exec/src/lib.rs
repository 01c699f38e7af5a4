//! Expression kernels, operators, state and timers.
