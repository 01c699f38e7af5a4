//! What is at hand of a store, as bytes of a snapshot; between two runs that is the cache.

use riddhi_batch::{LoadError, Reader, Writer};

use super::answers::StoreRows;
use super::{FIRST_OWN, Far};
use crate::table::Table;

impl Far {
    /// Writes it.
    pub(in crate::table) fn save(&self, table: &Table, out: &mut Writer) {
        out.put_bool(self.begun.is_some());
        if let Some(now) = self.begun {
            out.put_i64(now);
            let mut asked: Vec<_> = self.asked.iter().collect();
            asked.sort_unstable();
            out.put_u64(asked.len() as u64);
            for (key, why) in asked {
                out.put_bytes(key);
                out.put_bool(why.is_some());
                why.iter().for_each(|why| out.put_bytes(why.as_bytes()));
            }
            let numbers = self.at_hand.numbers();
            out.put_u64(numbers.len() as u64);
            numbers.iter().for_each(|&number| out.put_u64(number));
            out.put_u64(table.next_number);
        }
        let mut rows: Vec<(u64, Vec<u8>)> = table
            .slots()
            .map(|slot| {
                let mut row = Writer::default();
                table.cols().iter().for_each(|column| row.put_row(column, slot as usize, &table.arena));
                (table.numbers[slot as usize], row.bytes)
            })
            .collect();
        rows.sort_unstable();
        out.put_u64(rows.len() as u64);
        for (number, row) in rows {
            out.put_u64(number);
            out.bytes.extend_from_slice(&row);
        }
        self.cache.iter().for_each(|cache| cache.save(out));
    }

    /// Reads it.
    fn load(&mut self, table: &mut Table, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.forget(table);
        let begun = from.get_bool()?;
        let mut next = FIRST_OWN;
        if begun {
            self.begun = Some(from.get_i64()?);
            for _ in 0..from.get_count(5)? {
                let key = from.get_bytes()?;
                match from.get_bool()? {
                    true => {
                        let why = String::from_utf8_lossy(from.get_bytes()?).into();
                        self.fail(key, why);
                    }
                    false => {
                        self.asked.insert(key.into(), None);
                    }
                }
            }
            for _ in 0..from.get_count(8)? {
                self.at_hand.enter(from.get_u64()?);
            }
            next = from.get_u64()?;
        }
        for _ in 0..from.get_count(8)? {
            let number = from.get_u64()?;
            let mut rows = StoreRows::of(table.cols().iter().map(|c| c.kind()));
            let StoreRows { cols, arena, .. } = &mut rows;
            cols.iter_mut().try_for_each(|column| from.get_row(column, arena))?;
            table.place(&rows.cols, 0, &rows.arena, number).map_err(|why| LoadError::new(why.reason("")))?;
        }
        table.next_number = next;
        self.cache.as_mut().map_or(Ok(()), |cache| cache.load(from))
    }
}

impl Table {
    /// Reads what [`Far::save`] wrote.
    pub(in crate::table) fn load_far(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.with_far(|far, table| far.load(table, from)).unwrap_or(Ok(()))
    }
}
