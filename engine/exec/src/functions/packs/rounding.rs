//! `floor` and `ceil` without a call, so that a loop of them is computed several numbers at a time on any processor.

/// From here on all doubles are whole.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// A whole number next to x, of the same sign.
#[inline]
fn near(x: f64) -> f64 {
    let size = x.abs();
    // There is no room for a fraction in the sum.
    if size < WHOLE { ((size + WHOLE) - WHOLE).copysign(x) } else { x }
}

/// The same as `f64::floor`.
#[inline]
pub(super) fn floor(x: f64) -> f64 {
    let near = near(x);
    (if near > x { near - 1.0 } else { near }).copysign(x)
}

/// The same as `f64::ceil`.
#[inline]
pub(super) fn ceil(x: f64) -> f64 {
    let near = near(x);
    (if near < x { near + 1.0 } else { near }).copysign(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(x: f64) {
        let nan = x.is_nan() && floor(x).is_nan() && ceil(x).is_nan();
        assert!(nan || floor(x).to_bits() == x.floor().to_bits(), "{x}");
        assert!(nan || ceil(x).to_bits() == x.ceil().to_bits(), "{x}");
    }

    proptest! {
        #[test]
        fn they_are_those_of_the_library(bits in any::<u64>(), small in -1e6..1e6f64, whole in -1000..1000i32) {
            for x in [f64::from_bits(bits), small, whole as f64, whole as f64 + 0.5, whole as f64 / 1000.0] {
                same(x);
                same(f64::from_bits(x.to_bits() + 1));
            }
        }
    }

    #[test]
    fn zeros_and_large_numbers_stay() {
        for x in [0.0, 0.5, 0.49999999999999994, WHOLE, WHOLE - 0.5, WHOLE + 1.0, 2.0 * WHOLE, f64::INFINITY, 5e-324] {
            same(x);
            same(-x);
        }
        same(f64::NAN);
    }
}
