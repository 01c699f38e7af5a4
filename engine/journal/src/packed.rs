//! Numbers without what all of a column have in common.
//!
//! | a column of numbers | |
//! |---|---|
//! | bytes of each number that follow | u8: 0, 1, 2, 4, or as many as its type has |
//! | unless these are all it has: bits below them | u8 |
//! | and what all numbers share, the other bits being zero | as many bytes as the type has |
//! | the numbers' own bits, or the numbers as they are | so many bytes each |
//!
//! A column without numbers takes no bytes. Clocks, lengths, counts and codes differ in their low bits, whole numbers kept as
//! doubles in some of the middle.

use crate::bytes::{Cursor, Wrong};

/// Numbers that may be equal and take no bytes each: more of them take one at least, so that no reader makes room for much more
/// than it was given.
pub const EQUAL_MAX: usize = 1 << 16;

/// A number as the bits of its type.
pub trait Bits: bytemuck::Pod {
    /// Bytes of the type.
    const BYTES: usize;
    /// Zero-extended.
    fn bits(self) -> u64;
    /// Its low bits.
    fn of(bits: u64) -> Self;
}

macro_rules! bits {
    ($($number:ty, $bits:ty, $to:expr, $from:expr;)*) => {$(
        impl Bits for $number {
            const BYTES: usize = size_of::<$bits>();
            #[inline]
            fn bits(self) -> u64 {
                let to: fn($number) -> $bits = $to;
                u64::from(to(self))
            }
            #[inline]
            fn of(bits: u64) -> $number {
                let from: fn($bits) -> $number = $from;
                from(bits as $bits)
            }
        }
    )*};
}

bits! {
    u8, u8, |x| x, |x| x;
    u16, u16, |x| x, |x| x;
    u32, u32, |x| x, |x| x;
    i32, u32, |x| x as u32, |x| x as i32;
    i64, u64, |x| x as u64, |x| x as i64;
    f32, u32, f32::to_bits, f32::from_bits;
    f64, u64, f64::to_bits, f64::from_bits;
}

/// Appends a column of numbers.
pub fn put<T: Bits>(numbers: &[T], out: &mut Vec<u8>) {
    let Some(first) = numbers.first().map(|x| x.bits()) else { return };
    let differing = numbers.iter().fold(0, |all, x| all | (x.bits() ^ first));
    let below = if differing == 0 { 0 } else { differing.trailing_zeros() };
    let width = match differing >> below {
        0 if numbers.len() <= EQUAL_MAX => 0,
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    let width = width.min(T::BYTES);
    out.push(width as u8);
    if width == T::BYTES {
        out.extend_from_slice(bytemuck::cast_slice(numbers));
        return;
    }
    let below = below.min((T::BYTES - width) as u32 * 8);
    let own = ((1u64 << (width * 8)) - 1) << below;
    out.push(below as u8);
    out.extend_from_slice(&(first & !own).to_le_bytes()[..T::BYTES]);
    match width {
        0 => {}
        1 => narrow(numbers, below, out, |x| x as u8),
        2 => narrow(numbers, below, out, |x| x as u16),
        _ => narrow(numbers, below, out, |x| x as u32),
    }
}

/// Appends the low bits of numbers, made in steps in room that stays warm.
#[inline]
fn narrow<T: Bits, N: Bits>(numbers: &[T], below: u32, out: &mut Vec<u8>, low: impl Fn(u64) -> N) {
    let mut room = [N::of(0); 64];
    for numbers in numbers.chunks(room.len()) {
        let some = &mut room[..numbers.len()];
        some.iter_mut().zip(numbers).for_each(|(to, x)| *to = low(x.bits() >> below));
        out.extend_from_slice(bytemuck::cast_slice(some));
    }
}

/// Reads a column of `n` numbers and appends what `make` makes of them.
pub fn take<T: Bits, M>(from: &mut Cursor<'_>, n: usize, to: &mut Vec<M>, make: impl Fn(T) -> M) -> Result<(), Wrong> {
    if n == 0 {
        return Ok(());
    }
    let width = usize::from(from.u8()?);
    if width == T::BYTES {
        let bytes = from.take_all(n, width)?;
        match width {
            1 => widen::<1, M>(bytes, to, |b| make(T::of(b[0].into()))),
            4 => widen::<4, M>(bytes, to, |b| make(T::of(u32::from_le_bytes(b).into()))),
            _ => widen::<8, M>(bytes, to, |b| make(T::of(u64::from_le_bytes(b)))),
        }
        return Ok(());
    }
    let below = u32::from(from.u8()?);
    let mut base = [0; 8];
    base[..T::BYTES].copy_from_slice(from.take(T::BYTES)?);
    let base = u64::from_le_bytes(base);
    // Equal numbers have no bits above which others could stand.
    if below as usize + width * 8 > T::BYTES * 8 || (width == 0 && below > 0) {
        return Err("a column's numbers have more bits than their type");
    }
    let bytes = match width {
        0 if n > EQUAL_MAX => return Err("too many numbers without bytes"),
        0 | 1 | 2 | 4 => from.take_all(n, width)?,
        _ => return Err("a column's numbers have a width that none can have"),
    };
    let number = |own: u64| make(T::of(base | own << below));
    match width {
        0 => to.extend(std::iter::repeat_with(|| number(0)).take(n)),
        1 => widen::<1, M>(bytes, to, |b| number(b[0].into())),
        2 => widen::<2, M>(bytes, to, |b| number(u16::from_le_bytes(b).into())),
        _ => widen::<4, M>(bytes, to, |b| number(u32::from_le_bytes(b).into())),
    }
    Ok(())
}

/// The same, by itself.
pub fn all<T: Bits>(from: &mut Cursor<'_>, n: usize) -> Result<Vec<T>, Wrong> {
    let mut all = Vec::new();
    take(from, n, &mut all, |x| x)?;
    Ok(all)
}

#[inline]
fn widen<const N: usize, M>(bytes: &[u8], to: &mut Vec<M>, make: impl Fn([u8; N]) -> M) {
    let (all, _) = bytes.as_chunks::<N>();
    to.extend(all.iter().map(|b| make(*b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The column's bytes; read back they must give the same numbers.
    fn bytes<T: Bits + PartialEq + std::fmt::Debug>(numbers: &[T]) -> Vec<u8> {
        let mut out = vec![];
        put(numbers, &mut out);
        let (mut from, mut back) = (Cursor { rest: &out }, Vec::new());
        take::<T, T>(&mut from, numbers.len(), &mut back, |x| x).unwrap();
        assert_eq!(back, numbers);
        from.end().unwrap();
        // Cut anywhere it is an error.
        for cut in 0..out.len() {
            assert!(take::<T, T>(&mut Cursor { rest: &out[..cut] }, numbers.len(), &mut Vec::new(), |x| x).is_err());
        }
        out
    }

    #[test]
    fn what_all_numbers_share_is_written_once() {
        assert_eq!(bytes::<i64>(&[]).len(), 0);
        assert_eq!(bytes(&[1_700_000_000_000i64; 100]).len(), 10);
        assert_eq!(bytes(&[1_700_000_000_000i64, 1_700_000_000_001]).len(), 12);
        assert_eq!(bytes(&[1000i64, 2000, 65_000]).len(), 10 + 6);
        assert_eq!(bytes(&[-1i64, 1]).len(), 1 + 16);
        assert_eq!(bytes(&[i64::MIN, i64::MAX, 0]).len(), 1 + 24);
        assert_eq!(bytes(&[0i64, i64::MIN]).len(), 10 + 2);
        assert_eq!(bytes(&[3i32, 70_000]).len(), 1 + 8);
        assert_eq!(bytes(&[1u8, 0, 1]).len(), 1 + 3);
        assert_eq!(bytes(&[1u8, 1, 1]).len(), 3);
        assert_eq!(bytes(&[5u32, 5, 6]).len(), 6 + 3);
    }

    #[test]
    fn whole_numbers_as_doubles_are_short() {
        assert_eq!(bytes(&[1.0f64, 2.0, 3.0, 500.0].map(f64::to_bits).map(|b| b as i64)).len(), 10 + 16);
        assert_eq!(bytes(&[1.0f64, 1.5, 1.25]).len(), 10 + 3);
        assert_eq!(bytes(&[0.1f64, 0.7]).len(), 1 + 16);
        assert_eq!(bytes(&[0.5f32, 2.0]).len(), 6 + 2);
    }

    #[test]
    fn equal_numbers_take_no_bytes_up_to_a_bound() {
        assert_eq!(bytes(&[7i64; 20]).len(), 10);
        let mut out = vec![];
        put(&[7i64; EQUAL_MAX + 1], &mut out);
        assert_eq!(out.len(), 10 + EQUAL_MAX + 1);
        let mut back = Vec::new();
        take::<i64, i64>(&mut Cursor { rest: &out }, EQUAL_MAX + 1, &mut back, |x| x).unwrap();
        assert!(back.iter().all(|x| *x == 7) && back.len() == EQUAL_MAX + 1);
        let none = [&[0u8, 0][..], &7i64.to_le_bytes()].concat();
        assert!(take::<i64, i64>(&mut Cursor { rest: &none }, EQUAL_MAX + 1, &mut Vec::new(), |x| x).is_err());
    }

    #[test]
    fn widths_and_places_that_cannot_be_are_refused() {
        for (width, below) in [(3, 0), (8, 0), (5, 0), (2, 17), (1, 255), (0, 1), (0, 32)] {
            let bytes = [&[width, below][..], &[0; 64]].concat();
            assert!(
                take::<u32, u32>(&mut Cursor { rest: &bytes }, 2, &mut Vec::new(), |x| x).is_err(),
                "{width} {below}"
            );
        }
    }
}
