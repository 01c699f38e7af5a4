//! `unique:ever(key, ...)`: the latest row of each key; the one before leaves just before it arrives. `unique:first(key, ...)`: the
//! first row of each key, for ever; others do not arrive. Several keys are one, their texts put together.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Window};

use super::super::key::KeyOf;
use super::super::keyed::Keyed;
use super::key;

struct Latest {
    of: KeyOf,
    first: bool,
    keys: Keyed<u64>,
    key: String,
}

pub(super) fn bind_ever(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    bind(args, false)
}

pub(super) fn bind_first(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    bind(args, true)
}

fn bind(args: &[ArgType], first: bool) -> Result<BoundWindow, ArgError> {
    let name = if first { "unique:first" } else { "unique:ever" };
    if args.is_empty() {
        let message = format!("`{name}` takes at least 1 argument");
        return Err(ArgError::count(message, format!("write `{name}(attribute)`")));
    }
    let reads = (0..args.len()).map(|at| key(args, at)).collect::<Result<Vec<u32>, ArgError>>()?;
    let of = KeyOf::Several(reads.clone());
    let create: Create =
        Arc::new(move |_| Box::new(Latest { of: of.clone(), first, keys: Keyed::default(), key: String::new() }));
    Ok(BoundWindow {
        leaving: Leaving::Singly,
        reads,
        ..BoundWindow::new(name.to_owned(), false, Form::General, create)
    })
}

impl State for Latest {
    fn save(&self, out: &mut Writer) {
        self.keys.save(out, |row, out| out.put_u64(*row));
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.keys.load(from, |from| from.get_u64())
    }
}

impl Window for Latest {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        let mut start = 0;
        for (i, row) in rows.numbered() {
            self.of.write(rows, i, &mut key);
            match self.keys.get_mut(key.as_bytes()) {
                Some(_) if self.first => {}
                Some(old) => {
                    sink.expired(std::mem::replace(old, row), rows.now[start]);
                    sink.current(row);
                }
                None => {
                    self.keys.insert(key.as_bytes(), row);
                    sink.current(row);
                }
            }
            if rows.end_chunk(i, sink) {
                start = i + 1;
            }
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.keys.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.keys.values().copied());
    }
}
