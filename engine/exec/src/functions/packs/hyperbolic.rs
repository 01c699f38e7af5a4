//! Hyperbolic functions by the formulas that Java's library prescribes (fdlibm), whose last digits other libraries round better.

use std::f64::consts::LN_2;

use super::fdlibm;

/// From here on `exp(-x)` does not count.
const LARGE: f64 = 22.0;
/// From here on `exp(x)` is infinite.
const HUGE: f64 = 709.782712893384;

/// `exp(x) / 2` of a large x, which may be finite where `exp(x)` is not.
fn half_exp(x: f64) -> f64 {
    if x < HUGE {
        return 0.5 * fdlibm::exp(x);
    }
    let root = fdlibm::exp(0.5 * x);
    (0.5 * root) * root
}

pub(super) fn cosh(x: f64) -> f64 {
    let x = x.abs();
    if x < 0.5 * LN_2 {
        let t = fdlibm::exp_m1(x);
        let w = 1.0 + t;
        return if x < f64::EPSILON / 8.0 { w } else { 1.0 + (t * t) / (w + w) };
    }
    if x < LARGE {
        let t = fdlibm::exp(x);
        return 0.5 * t + 0.5 / t;
    }
    half_exp(x)
}

pub(super) fn sinh(x: f64) -> f64 {
    let (size, half) = (x.abs(), 0.5f64.copysign(x));
    if size < 2f64.powi(-28) || x.is_nan() {
        return x;
    }
    if size < LARGE {
        let t = fdlibm::exp_m1(size);
        return if size < 1.0 { half * (2.0 * t - t * t / (t + 1.0)) } else { half * (t + t / (t + 1.0)) };
    }
    half_exp(size).copysign(x)
}

pub(super) fn tanh(x: f64) -> f64 {
    let size = x.abs();
    if size < 2f64.powi(-55) || x.is_nan() {
        return x * (1.0 + x);
    }
    let z = if size >= LARGE {
        1.0
    } else if size >= 1.0 {
        1.0 - 2.0 / (fdlibm::exp_m1(2.0 * size) + 2.0)
    } else {
        let t = fdlibm::exp_m1(-2.0 * size);
        -t / (t + 2.0)
    };
    z.copysign(x)
}
