//! What a table holds, as bytes of a snapshot.

use riddhi_batch::{Arena, Column, LoadError, Reader, Writer, each_data};

use super::whole::{self, Whole};
use super::{BUCKETS, Index, Table};

impl Table {
    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let width: usize =
            self.cols.iter().map(|c| each_data!(&c.data, v => v.capacity() * width(v)) + c.nulls.capacity()).sum();
        let index = |index: &Index| match index {
            Index::Hash(index) => index.bytes(),
            Index::Ordered(index) => index.bytes(),
        };
        width
            + self.numbers.capacity() * 8
            + (self.hashes.capacity() + self.free.capacity()) * 4
            + self.alive.capacity()
            + self.arena.len()
            + self.indexes.iter().map(index).sum::<usize>()
            + self.whole.as_ref().map_or(0, Whole::bytes)
    }

    /// Writes the rows in the order in which they came.
    pub fn save(&self, out: &mut Writer) {
        if let Some(far) = &self.far {
            return far.save(self, out);
        }
        out.put_u64(self.buckets);
        out.put_bool(self.tail.lost());
        out.put_u64(self.rows as u64);
        let mut slots: Vec<u32> = self.slots().collect();
        slots.sort_unstable_by_key(|&s| self.numbers[s as usize]);
        for slot in slots {
            self.cols.iter().for_each(|column| out.put_row(column, slot as usize, &self.arena));
            if let Some(whole) = &self.whole {
                out.put_u64(u64::from(whole.hidden(slot)));
            }
        }
    }

    /// Reads what [`Table::save`] wrote into an empty table.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        if self.is_far() {
            return self.load_far(from);
        }
        self.empty();
        let buckets = from.get_u64()?;
        if !buckets.is_power_of_two() || !(BUCKETS..=1 << 32).contains(&buckets) {
            return Err(LoadError::new("a number of buckets is out of range"));
        }
        self.buckets = buckets;
        let lost = from.get_bool()?;
        let rows = from.get_count(self.cols.len())?;
        let mut cols: Vec<Column> = self.cols.iter().map(|c| Column::new(c.kind())).collect();
        let mut arena = Arena::new();
        for _ in 0..rows {
            cols.iter_mut().for_each(Column::clear);
            arena.clear();
            for column in &mut cols {
                from.get_row(column, &mut arena)?;
            }
            let ts = if self.whole.is_some() { whole::time(&cols, 0) } else { 0 };
            self.insert_at(&cols, 0, ts, &arena).map_err(|why| LoadError::new(why.reason(&self.plan.name)))?;
            if let Some(whole) = &mut self.whole {
                let hidden =
                    u32::try_from(from.get_u64()?).map_err(|_| LoadError::new("a number of rows is out of range"))?;
                whole.hide(self.alive.len().saturating_sub(1) as u32, hidden);
            }
        }
        if lost {
            self.tail.lose();
        }
        Ok(())
    }
}

fn width<T>(_: &[T]) -> usize {
    size_of::<T>()
}
