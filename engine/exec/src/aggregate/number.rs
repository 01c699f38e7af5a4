//! The four number types, for accumulators that work on any of them.

use riddhi_batch::{Data, LoadError, Reader, Writer};

/// A number type and the column kind that holds it.
pub trait Number: Copy + Default + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    /// A number that orders as the values do, -0.0 before 0.0 and NaN last.
    fn rank(self) -> i64;
    /// As a double.
    fn double(self) -> f64;
    /// As a long; of a float or double: truncated.
    fn long(self) -> i64;
    /// The values of a column of this type, or none if it is of another.
    fn slice(data: &Data) -> &[Self];
    /// The vector of an output column of this type.
    fn vec(data: &mut Data) -> &mut Vec<Self>;
    /// Appends it to a snapshot.
    fn put(self, out: &mut Writer);
    /// Reads it from a snapshot.
    fn get(from: &mut Reader<'_>) -> Result<Self, LoadError>;
}

macro_rules! number {
    ($t:ty, $kind:ident, $put:ident, $get:ident, $rank:expr) => {
        impl Number for $t {
            fn rank(self) -> i64 {
                $rank(self)
            }
            #[inline]
            fn double(self) -> f64 {
                self as f64
            }
            #[inline]
            fn long(self) -> i64 {
                self as i64
            }
            #[inline]
            fn slice(data: &Data) -> &[Self] {
                match data {
                    Data::$kind(v) => v,
                    _ => &[],
                }
            }
            #[inline]
            fn vec(data: &mut Data) -> &mut Vec<Self> {
                match data {
                    Data::$kind(v) => v,
                    _ => panic!("an aggregate was given a result column of another kind"),
                }
            }
            fn put(self, out: &mut Writer) {
                out.$put(self);
            }
            fn get(from: &mut Reader<'_>) -> Result<Self, LoadError> {
                from.$get()
            }
        }
    };
}

number!(i32, I32, put_i32, get_i32, i64::from);
number!(i64, I64, put_i64, get_i64, |x| x);
number!(f32, F32, put_f32, get_f32, |x| rank_of(x as f64));
number!(f64, F64, put_f64, get_f64, rank_of);

/// The bits of a double, folded so that they order as the values do.
fn rank_of(x: f64) -> i64 {
    if x.is_nan() {
        return i64::MAX;
    }
    let bits = x.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_order_as_the_values() {
        let rising = [f64::NEG_INFINITY, -2.5, -1e-300, -0.0, 0.0, 1e-300, 7.0, f64::INFINITY, f64::NAN];
        assert!(rising.is_sorted_by(|a, b| a.rank() < b.rank()));
        assert!((-3f32).rank() < 2f32.rank());
    }
}
