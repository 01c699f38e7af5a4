//! The four number types, for accumulators that work on any of them.

use riddhi_batch::{Data, LoadError, Reader, Writer};

/// A number type and the column kind that holds it.
pub trait Number: Copy + Default + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
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
    ($t:ty, $kind:ident, $put:ident, $get:ident) => {
        impl Number for $t {
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

number!(i32, I32, put_i32, get_i32);
number!(i64, I64, put_i64, get_i64);
number!(f32, F32, put_f32, get_f32);
number!(f64, F64, put_f64, get_f64);
