//! `sort(n, attribute[, 'asc'|'desc'] ...)`: the first n rows in that order. A row arrives, and then the row that is sorted
//! last leaves, of equal ones the latest; it may be the same row.
//!
//! The rows held stand in a heap whose top is the row sorted last: O(log n) a row, and a row that is sorted behind all held
//! costs one comparison. Null is the least value.

mod key;

use std::cmp::Ordering;
use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Value, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Window,
};

use super::{arity, const_int};
use key::By;

/// Arguments that a `sort` may have: enough for every attribute of a wide stream.
const ARGUMENTS_MAX: usize = 1 + 2 * 256;

/// A row held. Keys of up to 16 bytes, such as those of one number, stand here whole.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The first bytes of the key.
    prefix: u128,
    row: u64,
    /// Where the rest of the key is.
    slot: u32,
}

struct Sort {
    n: usize,
    by: Arc<[By]>,
    /// A heap: no entry is sorted behind its parent, which stands at `(i - 1) / 2`.
    heap: Vec<Entry>,
    /// The rest of each key by slot.
    rests: Vec<Vec<u8>>,
    /// The slot that no row held has: for the one that enters.
    spare: u32,
    key: Vec<u8>,
    /// Rows before this one are found in the order by which they are sorted: those that were there when a row last left.
    sorted: u64,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("sort", args, 2, ARGUMENTS_MAX, "sort(10, price, 'desc')")?;
    let n = const_int(args, 0, "the number of events")?;
    let by = orders(args)?;
    let reads: Vec<u32> = by.iter().map(|b| b.attribute).collect();
    let by: Arc<[By]> = by.into();
    let create: Create = Arc::new(move |_| {
        let by = by.clone();
        let n = n.max(0) as usize;
        Box::new(Sort { n, by, heap: Vec::new(), rests: vec![Vec::new()], spare: 0, key: Vec::new(), sorted: 0 })
    });
    let window = BoundWindow::new(format!("sort({n})"), true, Form::General, create);
    Ok(BoundWindow { leaving: Leaving::Any, finds: Finds::Arranged, reads, ..window })
}

/// Attributes and orders in turn; only the last order may be left out.
fn orders(args: &[ArgType]) -> Result<Vec<By>, ArgError> {
    let mut by = Vec::new();
    let mut at = 1;
    while at < args.len() {
        let attribute = sortable(args, at)?;
        let descending = match args.get(at + 1) {
            None => false,
            Some(ArgType { constant: Some(Value::Str(order)), .. }) if order.eq_ignore_ascii_case("asc") => false,
            Some(ArgType { constant: Some(Value::Str(order)), .. }) if order.eq_ignore_ascii_case("desc") => true,
            Some(_) => {
                let help = "give 'asc' or 'desc' behind each attribute but the last";
                return Err(ArgError::at(at + 1, "an order must be 'asc' or 'desc'", help));
            }
        };
        by.push(By { attribute, descending });
        at += 2;
    }
    Ok(by)
}

fn sortable(args: &[ArgType], at: usize) -> Result<u32, ArgError> {
    let help = "name attributes of the stream, each followed by 'asc' or 'desc'";
    let arg = &args[at];
    if matches!(arg.ty, Type::Bool | Type::Object) {
        return Err(ArgError::at(at, format!("a {} cannot be sorted by", arg.ty), help));
    }
    arg.attribute.ok_or_else(|| ArgError::at(at, "what is sorted by must be an attribute", help))
}

impl Sort {
    /// Which of two is sorted first.
    fn order(&self, a: &Entry, b: &Entry) -> Ordering {
        let rest = |e: &Entry| &self.rests[e.slot as usize];
        a.prefix.cmp(&b.prefix).then_with(|| rest(a).cmp(rest(b))).then(a.row.cmp(&b.row))
    }

    /// Puts a key into the spare slot.
    fn entry(&mut self, row: u64, key: &[u8]) -> Entry {
        let mut prefix = [0; 16];
        let head = key.len().min(16);
        prefix[..head].copy_from_slice(&key[..head]);
        let rest = &mut self.rests[self.spare as usize];
        rest.clear();
        rest.extend_from_slice(&key[head..]);
        Entry { prefix: u128::from_be_bytes(prefix), row, slot: self.spare }
    }

    /// Takes the entry of the spare slot in; gives the row that leaves.
    fn enter(&mut self, entry: Entry) -> Option<u64> {
        if self.heap.len() < self.n {
            self.heap.push(entry);
            self.spare = self.rests.len() as u32;
            self.rests.push(Vec::new());
            self.rise();
            return None;
        }
        let Some(&last) = self.heap.first() else { return Some(entry.row) };
        if self.order(&entry, &last) == Ordering::Greater {
            return Some(entry.row);
        }
        self.heap[0] = entry;
        self.spare = last.slot;
        self.sink();
        Some(last.row)
    }

    /// Restores the order of the heap when the last entry is new.
    fn rise(&mut self) {
        let mut at = self.heap.len() - 1;
        while at > 0 && self.order(&self.heap[at], &self.heap[(at - 1) / 2]) == Ordering::Greater {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    /// Restores the order of the heap when the first entry is new.
    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut last = at;
            for child in [left, right] {
                if child < self.heap.len() && self.order(&self.heap[child], &self.heap[last]) == Ordering::Greater {
                    last = child;
                }
            }
            if last == at {
                return;
            }
            self.heap.swap(at, last);
            at = last;
        }
    }
}

impl State for Sort {
    fn save(&self, out: &mut Writer) {
        // The heap's order depends on how it came about.
        let mut entries: Vec<&Entry> = self.heap.iter().collect();
        entries.sort_unstable_by_key(|e| e.row);
        out.put_u64(self.sorted);
        out.put_u64(entries.len() as u64);
        for entry in entries {
            out.put_u64(entry.row);
            out.put_u64((entry.prefix >> 64) as u64);
            out.put_u64(entry.prefix as u64);
            out.put_bytes(&self.rests[entry.slot as usize]);
        }
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.sorted = from.get_u64()?;
        let n = from.get_count(28)?;
        if n > self.n {
            return Err(LoadError::new("a window holds too many rows"));
        }
        (self.heap, self.rests, self.spare) = (Vec::new(), vec![Vec::new()], 0);
        for _ in 0..n {
            let row = from.get_u64()?;
            let prefix = (from.get_u64()? as u128) << 64 | from.get_u64()? as u128;
            self.rests[self.spare as usize] = from.get_bytes()?.to_vec();
            self.enter(Entry { prefix, row, slot: self.spare });
        }
        Ok(())
    }
}

impl Window for Sort {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in rows.numbered() {
            key.clear();
            key::encode(&self.by, rows.cols, rows.place(i), rows.arena, &mut key);
            sink.current(row);
            let entry = self.entry(row, &key);
            if let Some(last) = self.enter(entry) {
                sink.expired(last, rows.now[i]);
                self.sorted = row + 1;
            }
            rows.end_chunk(i, sink);
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.heap.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.heap.iter().map(|e| e.row));
    }

    fn arrange(&self, rows: &mut [u64]) {
        let sorted = rows.partition_point(|&row| row < self.sorted);
        let rows = &mut rows[..sorted];
        let mut entries: Vec<&Entry> = self.heap.iter().filter(|e| rows.binary_search(&e.row).is_ok()).collect();
        if entries.len() == rows.len() {
            entries.sort_unstable_by(|a, b| self.order(a, b));
            rows.iter_mut().zip(entries).for_each(|(row, entry)| *row = entry.row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of random keys, many of them equal and some long, the same rows leave as from a list sorted anew each time.
    #[test]
    fn the_row_sorted_last_leaves() {
        let empty = || Sort {
            n: 7,
            by: [].into(),
            heap: Vec::new(),
            rests: vec![Vec::new()],
            spare: 0,
            key: Vec::new(),
            sorted: 0,
        };
        let mut sort = empty();
        let mut list: Vec<(Vec<u8>, u64)> = Vec::new();
        let mut random = 99u64;
        for row in 0..3000 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let mut key = vec![7; (random >> 60) as usize * 2];
            key.extend_from_slice(&[(random >> 40) as u8 % 20, 0, 0]);
            let entry = sort.entry(row, &key);
            let left = sort.enter(entry);
            list.push((key, row));
            list.sort();
            assert_eq!(left, (list.len() > 7).then(|| list.pop().unwrap().1));
        }
        let mut bytes = Writer::default();
        sort.save(&mut bytes);
        let mut other = empty();
        other.load(&mut Reader::new(&bytes.bytes)).unwrap();
        let mut again = Writer::default();
        other.save(&mut again);
        assert_eq!(bytes.bytes, again.bytes);
    }
}
