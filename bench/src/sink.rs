//! Reads every value of every output and sums it up as the peer does (`Sink` there).
//!
//! The brief checksum is for timing: the sum, over all values, of the value's bits times a factor of its column, plus
//! the timestamps; of a string it takes length and first byte. The strict one hashes all bytes in order, a chain per
//! stream.

use riddhi_batch::{Arena, Column, Columns, Data, Str};

use crate::feed::GOLDEN;

const NULL_BITS: u64 = 0x6E75_6C6C;

/// What came out of the output streams since the last [`Sinks::begin`].
#[derive(Debug, Default)]
pub struct Sinks {
    strict: bool,
    /// A sink per output stream, in the workload's order.
    sinks: Vec<Sink>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sink {
    rows: u64,
    sum: u64,
    strict_sum: u64,
}

impl Sinks {
    /// As many sinks as the workload has output streams.
    pub fn new(outputs: usize) -> Sinks {
        Sinks { strict: false, sinks: vec![Sink::default(); outputs] }
    }

    /// Starts anew.
    pub fn begin(&mut self, strict: bool) {
        self.strict = strict;
        self.sinks.fill(Sink::default());
    }

    /// Rows read.
    pub fn rows(&self) -> u64 {
        self.sinks.iter().map(|s| s.rows).sum()
    }

    /// The checksum of all that was read.
    pub fn checksum(&self) -> u64 {
        let of = |s: &Sink| if self.strict { s.strict_sum } else { s.sum };
        self.sinks.iter().zip(0u64..).fold(0, |sum, (s, i)| sum.wrapping_add(of(s).wrapping_mul(2 * i + 1)))
    }

    /// Reads `n` rows of the workload's `output`-th stream.
    #[inline]
    pub fn read(&mut self, output: usize, rows: &Columns, first: usize, n: usize, arena: &Arena) {
        let strict = self.strict;
        let sink = &mut self.sinks[output];
        sink.rows += n as u64;
        if strict { sink.read_strictly(rows, first, n, arena) } else { sink.read(rows, first, n) }
    }
}

impl Sink {
    #[inline]
    fn read(&mut self, rows: &Columns, first: usize, n: usize) {
        if n == 1 {
            return self.read_one(rows, first);
        }
        let mut sum = add(rows.ts[first..first + n].iter().map(|&x| x as u64));
        for (column, c) in rows.cols.iter().zip(1u64..) {
            let factor = GOLDEN.wrapping_mul(c) | 1;
            sum = sum.wrapping_add(bits_of_run(column, first, n).wrapping_mul(factor));
        }
        self.sum = self.sum.wrapping_add(sum);
    }

    #[inline]
    fn read_one(&mut self, rows: &Columns, row: usize) {
        let mut sum = rows.ts[row] as u64;
        for (column, c) in rows.cols.iter().zip(1u64..) {
            let bits = if column.is_null(row) { NULL_BITS } else { brief_bits(column, row) };
            sum = sum.wrapping_add(bits.wrapping_mul(GOLDEN.wrapping_mul(c) | 1));
        }
        self.sum = self.sum.wrapping_add(sum);
    }

    fn read_strictly(&mut self, rows: &Columns, first: usize, n: usize, arena: &Arena) {
        let mut h = self.strict_sum;
        for i in first..first + n {
            h = mix(h ^ rows.ts[i] as u64);
            for column in &rows.cols {
                h = mix(h ^ all_bits(column, i, arena));
            }
        }
        self.strict_sum = h;
    }
}

#[inline]
fn add(bits: impl Iterator<Item = u64>) -> u64 {
    bits.fold(0, u64::wrapping_add)
}

#[inline]
fn bits_of_run(column: &Column, first: usize, n: usize) -> u64 {
    let run = first..first + n;
    if !column.nulls.is_empty() {
        return add(run.map(|i| if column.nulls[i] != 0 { NULL_BITS } else { brief_bits(column, i) }));
    }
    match &column.data {
        Data::I32(v) => add(v[run].iter().map(|&x| x as i64 as u64)),
        Data::I64(v) => add(v[run].iter().map(|&x| x as u64)),
        Data::F32(v) => add(v[run].iter().map(|x| x.to_bits() as i32 as i64 as u64)),
        Data::F64(v) => add(v[run].iter().map(|x| x.to_bits())),
        Data::Bool(v) => add(v[run].iter().map(|&x| x as u64)),
        Data::Str(v) => add(v[run].iter().map(|&s| brief(s))),
        Data::Any(_) => panic!("no workload has outputs of unknown type"),
    }
}

/// Length and first byte: as little as shows that the string was looked at. Both lie in the word itself.
#[inline]
fn brief(s: Str) -> u64 {
    let word = s.word() as u64;
    (word & 0xFFFF_FFFF) + ((word >> 32 & 0xFF) << 8)
}

#[inline]
fn brief_bits(column: &Column, i: usize) -> u64 {
    match &column.data {
        Data::Str(v) => brief(v[i]),
        _ => value_bits(column, i),
    }
}

#[inline]
fn value_bits(column: &Column, i: usize) -> u64 {
    match &column.data {
        Data::I32(v) => v[i] as i64 as u64,
        Data::I64(v) => v[i] as u64,
        Data::F32(v) => v[i].to_bits() as i32 as i64 as u64,
        Data::F64(v) => v[i].to_bits(),
        Data::Bool(v) => v[i] as u64,
        Data::Str(_) | Data::Any(_) => panic!("no workload has outputs of unknown type"),
    }
}

fn all_bits(column: &Column, i: usize, arena: &Arena) -> u64 {
    if column.is_null(i) {
        return NULL_BITS;
    }
    match &column.data {
        Data::Str(v) => v[i].bytes(arena).iter().fold(0, |h, &b| mix(h ^ b as i8 as i64 as u64)),
        _ => value_bits(column, i),
    }
}

#[inline]
fn mix(x: u64) -> u64 {
    let y = (x ^ (x >> 32)).wrapping_mul(GOLDEN);
    y ^ (y >> 29)
}
