//! Rows of known types, appended one by one without looking at the columns' kinds each time.

use crate::{Chunk, Column, Data, Entry, Frame, Str};

/// A value of a column of one kind.
pub trait Cell: Copy + 'static {
    /// What the column's vector holds.
    type Stored: Copy + 'static;
    /// The vector, if the column is of this kind.
    fn vec(data: &mut Data) -> Option<&mut Vec<Self::Stored>>;
    /// The value as stored.
    fn stored(self) -> Self::Stored;
}

macro_rules! cell {
    ($t:ty, $stored:ty, $kind:ident) => {
        impl Cell for $t {
            type Stored = $stored;
            #[inline]
            fn vec(data: &mut Data) -> Option<&mut Vec<$stored>> {
                match data {
                    Data::$kind(v) => Some(v),
                    _ => None,
                }
            }
            #[inline]
            fn stored(self) -> $stored {
                self as $stored
            }
        }
    };
}

cell!(i32, i32, I32);
cell!(i64, i64, I64);
cell!(f32, f32, F32);
cell!(f64, f64, F64);
cell!(bool, u8, Bool);
cell!(Str, Str, Str);

/// A row: a tuple of up to eight cells.
pub trait Row: Copy {
    /// The vectors of its columns.
    type Columns<'a>;
    /// The vectors, if the columns are of these kinds and none has a null.
    fn open(cols: &mut [Column]) -> Option<Self::Columns<'_>>;
    /// Appends the row.
    fn push(self, cols: &mut Self::Columns<'_>);
    /// Puts the row in the place of the only one that the columns have. False, and nothing of use in them, if they are of
    /// other kinds, have a null or another number of rows.
    fn put(self, cols: &mut [Column]) -> bool;
}

/// The only value of a column of this kind, if it is not null.
#[inline]
fn only<C: Cell>(column: &mut Column) -> Option<&mut C::Stored> {
    match &mut C::vec(&mut column.data)?[..] {
        [one] if column.nulls.is_empty() => Some(one),
        _ => None,
    }
}

macro_rules! row {
    ($($t:ident $i:tt),+) => {
        impl<$($t: Cell),+> Row for ($($t,)+) {
            type Columns<'a> = ($(&'a mut Vec<$t::Stored>,)+);

            #[inline]
            fn open(cols: &mut [Column]) -> Option<Self::Columns<'_>> {
                if cols.iter().any(|c| !c.nulls.is_empty()) {
                    return None;
                }
                let mut cols = cols.iter_mut();
                let all = ($($t::vec(&mut cols.next()?.data)?,)+);
                if cols.next().is_some() { None } else { Some(all) }
            }

            #[inline(always)]
            fn push(self, cols: &mut Self::Columns<'_>) {
                $(cols.$i.push(self.$i.stored());)+
            }

            #[inline]
            fn put(self, cols: &mut [Column]) -> bool {
                const CELLS: usize = [$($i),+].len();
                let Ok(cols) = <&mut [Column; CELLS]>::try_from(cols) else { return false };
                $(
                    let Some(cell) = only::<$t>(&mut cols[$i]) else { return false };
                    *cell = self.$i.stored();
                )+
                true
            }
        }
    };
}

row!(A 0);
row!(A 0, B 1);
row!(A 0, B 1, C 2);
row!(A 0, B 1, C 2, D 3);
row!(A 0, B 1, C 2, D 3, E 4);
row!(A 0, B 1, C 2, D 3, E 4, F 5);
row!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
row!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// Appends events of one stream to a frame, each an entry of its own; see [`Frame::appender`].
pub struct Appender<'a, R: Row> {
    stream: u32,
    ts: &'a mut Vec<i64>,
    cols: R::Columns<'a>,
    chunks: &'a mut Vec<Chunk>,
    committed: &'a mut u32,
    entries: &'a mut Vec<Entry>,
    rows: &'a mut usize,
}

impl<R: Row> Appender<'_, R> {
    /// Appends an event; `now` is the clock after it, `sets` whether it set the clock.
    // A call for each event costs a seventh of the rate of a filter.
    #[inline(always)]
    pub fn event(&mut self, ts: i64, row: R, now: i64, sets: bool) {
        let first = self.ts.len() as u32;
        self.ts.push(ts);
        row.push(&mut self.cols);
        let step = self.entries.len() as u32;
        self.chunks.push(Chunk { step, cause: step, first, rows: 1 });
        self.entries.push(Entry { stream: self.stream, first, rows: 1, sets, now });
        *self.committed = first + 1;
        *self.rows += 1;
    }
}

impl Frame {
    /// For a run of events of one stream whose values are all there: looks at the columns' kinds once. `None` if the row is not
    /// of the stream's types, if a column has a null, or while rows are appended that no commit has closed.
    ///
    /// ```
    /// use riddhi_batch::{Attribute, Frame, Schema, Type};
    ///
    /// let schema = Schema { attributes: vec![Attribute::new("n", Type::Int), Attribute::new("on", Type::Bool)] };
    /// let mut frame = Frame::new([&schema]);
    /// let mut events = frame.appender::<(i32, bool)>(0).expect("the types fit");
    /// events.event(1000, (7, true), 1000, true);
    /// events.event(1001, (8, false), 1001, true);
    /// assert_eq!(frame.entries.len(), 2);
    /// assert!(frame.appender::<(i64, bool)>(0).is_none());
    /// ```
    #[inline]
    pub fn appender<R: Row>(&mut self, stream: u32) -> Option<Appender<'_, R>> {
        let flow = &mut self.flows[stream as usize];
        if flow.rows.ts.len() != flow.committed as usize {
            return None;
        }
        let cols = R::open(&mut flow.rows.cols)?;
        // A stream that gets no event after all is no harm here: its readers find no chunk.
        if flow.committed == 0 && !self.touched.contains(&stream) {
            self.touched.push(stream);
        }
        Some(Appender {
            stream,
            ts: &mut flow.rows.ts,
            cols,
            chunks: &mut flow.chunks,
            committed: &mut flow.committed,
            entries: &mut self.entries,
            rows: &mut self.rows,
        })
    }

    /// Makes this the frame of one event, at position `base`, whatever it held before: the shortest way for an event that is
    /// to be taken at once. Where the frame was one of the same stream already, its cells are overwritten. False, and the
    /// frame empty, if the row is not of the stream's types.
    ///
    /// ```
    /// use riddhi_batch::{Attribute, Frame, Schema, Type};
    ///
    /// let schema = Schema { attributes: vec![Attribute::new("n", Type::Int), Attribute::new("on", Type::Bool)] };
    /// let mut frame = Frame::new([&schema]);
    /// for n in 0..3 {
    ///     assert!(frame.lone(n as u64, 0, 1000, (n, true), 1000, true));
    ///     assert_eq!((frame.base, frame.entries.len()), (n as u64, 1));
    /// }
    /// assert!(!frame.lone(3, 0, 1000, (7i64, true), 1000, true));
    /// assert!(frame.is_empty());
    /// ```
    #[inline]
    pub fn lone<R: Row>(&mut self, base: u64, stream: u32, ts: i64, row: R, now: i64, sets: bool) -> bool {
        let flow = &mut self.flows[stream as usize];
        if let ([entry], 1, [at]) = (&mut self.entries[..], self.rows, &mut flow.rows.ts[..])
            && entry.stream == stream
            && row.put(&mut flow.rows.cols)
        {
            *at = ts;
            *entry = Entry { stream, first: 0, rows: 1, sets, now };
            self.base = base;
            self.arena.clear();
            return true;
        }
        self.first_lone(base, stream, ts, row, now, sets)
    }

    #[cold]
    fn first_lone<R: Row>(&mut self, base: u64, stream: u32, ts: i64, row: R, now: i64, sets: bool) -> bool {
        self.reset(base);
        match self.appender(stream) {
            Some(mut events) => events.event(ts, row, now, sets),
            None => return false,
        }
        true
    }
}
