//! `lossyFrequent(support[, error[, attribute]])`: the rows whose key is frequent, by lossy counting. A row arrives when its key's
//! count is at least (support - error) of all rows so far. Each 1/error rows, keys that came too seldom leave; of each the
//! latest row expires, behind the row that arrived.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Value, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Window};

use super::arity;
use super::frequent::key_of;
use super::key::KeyOf;
use super::keyed::Keyed;

/// Of the support, the error that is taken where none is given.
const ERROR_OF_SUPPORT: f64 = 10.0;

/// A key that is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    count: i32,
    /// The bucket before the one in which it came.
    bucket: i32,
    /// Its latest row.
    row: u64,
}

struct LossyFrequent {
    support: f64,
    error: f64,
    /// Rows of a bucket; infinite for an error of 0.
    width: f64,
    of: KeyOf,
    /// Rows so far. Siddhi's is an int as well, and wraps.
    total: i32,
    /// The current bucket, counted from 1.
    bucket: f64,
    keys: Keyed<Counted>,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("lossyFrequent", args, 1, 3, "lossyFrequent(0.1, 0.01, attribute)")?;
    let support = const_double(args, 0, "the support")?;
    let error = if args.len() > 1 { const_double(args, 1, "the error")? } else { support / ERROR_OF_SUPPORT };
    let of = key_of(args, 2)?;
    let (text, reads) = (format!("lossyFrequent({support}, {error})"), of.named());
    let create: Create = Arc::new(move |_| {
        Box::new(LossyFrequent {
            support,
            error,
            width: (1.0 / error).ceil(),
            of: of.clone(),
            total: 0,
            bucket: 1.0,
            keys: Keyed::default(),
            key: String::new(),
        })
    });
    Ok(BoundWindow { leaving: Leaving::Latest, reads, ..BoundWindow::new(text, true, Form::General, create) })
}

/// The constant double that argument `at` must be.
fn const_double(args: &[ArgType], at: usize, what: &str) -> Result<f64, ArgError> {
    let help = "give a number between 0 and 1 with a decimal point, for example 0.1";
    match &args[at].constant {
        Some(Value::Double(x)) => Ok(*x),
        Some(_) => Err(ArgError::at(at, format!("{what} must be a double, not a {}", args[at].ty), help)),
        None if args[at].ty == Type::Double => Err(ArgError::at(at, format!("{what} must be a constant"), help)),
        None => Err(ArgError::at(at, format!("{what} must be a constant double, not a {}", args[at].ty), help)),
    }
}

impl State for LossyFrequent {
    fn save(&self, out: &mut Writer) {
        out.put_i32(self.total);
        out.put_f64(self.bucket);
        self.keys.save(out, |counted, out| {
            out.put_i32(counted.count);
            out.put_i32(counted.bucket);
            out.put_u64(counted.row);
        });
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.total = from.get_i32()?;
        self.bucket = from.get_f64()?;
        self.keys
            .load(from, |from| Ok(Counted { count: from.get_i32()?, bucket: from.get_i32()?, row: from.get_u64()? }))
    }
}

impl LossyFrequent {
    /// Counts a row; whether its key is frequent.
    fn count(&mut self, key: &str, row: u64, sink: &mut dyn SignalSink) -> bool {
        self.total = self.total.wrapping_add(1);
        if self.total != 1 {
            self.bucket = (self.total as f64 / self.width).ceil();
        }
        let count = match self.keys.get_mut(key.as_bytes()) {
            Some(counted) => {
                counted.count = counted.count.wrapping_add(1);
                sink.gone(counted.row);
                counted.row = row;
                counted.count
            }
            None => {
                let bucket = (self.bucket as i32).wrapping_sub(1);
                self.keys.insert(key.as_bytes(), Counted { count: 1, bucket, row });
                1
            }
        };
        count as f64 >= (self.support - self.error) * self.total as f64
    }

    /// At the end of a bucket the keys that came too seldom leave.
    fn prune(&mut self, now: i64, sink: &mut dyn SignalSink) {
        if self.total as f64 % self.width == 0.0 {
            let bucket = self.bucket;
            let seldom = |counted: &mut Counted| counted.count.wrapping_add(counted.bucket) as f64 <= bucket;
            self.keys.drain(seldom, |counted| sink.expired(counted.row, now));
        }
    }
}

impl Window for LossyFrequent {
    fn selected(&mut self, attributes: &[Option<u32>]) {
        self.of.selected(attributes);
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in rows.numbered() {
            self.of.write(rows, i, &mut key);
            if self.count(&key, row, sink) {
                sink.current(row);
            } else {
                sink.held(row);
            }
            self.prune(rows.now[i], sink);
            rows.end_chunk(i, sink);
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.keys.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.keys.values().map(|counted| counted.row));
    }
}
