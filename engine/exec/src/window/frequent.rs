//! `frequent(n[, attribute])`: the latest row of each of the n most frequent keys, by the counting of Misra and Gries. A row
//! whose key is counted arrives and takes the place of the row before it, which does not expire. A new key that finds n others
//! takes one from the count of each; those whose count is used up leave, and only then is there room for it.
//!
//! Each count that is taken away was added by a row before, so a row costs a look-up and no more on average.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Window};

use super::key::KeyOf;
use super::keyed::Keyed;
use super::{arity, const_int};

/// A key that is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    /// How often it came, less what new keys took away; not 0.
    count: i32,
    /// Its latest row.
    row: u64,
}

struct Frequent {
    n: usize,
    of: KeyOf,
    keys: Keyed<Counted>,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("frequent", args, 1, 2, "frequent(5, attribute)")?;
    let n = const_int(args, 0, "the number of keys")?;
    let of = key_of(args, 1)?;
    let (text, reads) = (format!("frequent({n})"), of.named());
    let create: Create = Arc::new(move |_| {
        let (keys, key) = (Keyed::default(), String::new());
        Box::new(Frequent { n: n.max(0) as usize, of: of.clone(), keys, key })
    });
    Ok(BoundWindow { leaving: Leaving::Latest, reads, ..BoundWindow::new(text, true, Form::General, create) })
}

/// The key that argument `at` gives, if it is there.
pub(super) fn key_of(args: &[ArgType], at: usize) -> Result<KeyOf, ArgError> {
    let Some(arg) = args.get(at) else { return Ok(KeyOf::Selected(Vec::new())) };
    let help = "name one string attribute, or leave it out to take all attributes that the query selects";
    match arg.attribute {
        Some(attribute) if arg.ty == Type::String => Ok(KeyOf::One(attribute)),
        Some(_) => Err(ArgError::at(at, format!("the key must be a string, not a {}", arg.ty), help)),
        None => Err(ArgError::at(at, "the key must be an attribute", help)),
    }
}

impl State for Frequent {
    fn save(&self, out: &mut Writer) {
        self.keys.save(out, |counted, out| {
            out.put_i32(counted.count);
            out.put_u64(counted.row);
        });
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.keys.load(from, |from| Ok(Counted { count: from.get_i32()?, row: from.get_u64()? }))
    }
}

impl Frequent {
    /// A row with a new key when n others are there; whether it made room.
    fn push_out(&mut self, now: i64, sink: &mut dyn SignalSink) -> bool {
        let used_up = |counted: &mut Counted| {
            counted.count -= 1;
            counted.count == 0
        };
        self.keys.drain(used_up, |counted| sink.expired(counted.row, now));
        self.keys.len() < self.n
    }
}

impl Window for Frequent {
    fn selected(&mut self, attributes: &[Option<u32>]) {
        self.of.selected(attributes);
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in rows.numbered() {
            self.of.write(rows, i, &mut key);
            if let Some(counted) = self.keys.get_mut(key.as_bytes()) {
                counted.count = counted.count.wrapping_add(1);
                sink.gone(counted.row);
                counted.row = row;
                sink.current(row);
            } else if self.keys.len() < self.n || self.push_out(rows.now[i], sink) {
                self.keys.insert(key.as_bytes(), Counted { count: 1, row });
                sink.current(row);
            }
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
