//! Events that matches hold: the attributes that somebody asks for, in columns, each row counted by those who hold it.
//!
//! An event that a match takes stays where it came in until the turn ends; only what is still held then is copied. Rows that
//! are given up keep their values until then too, for the results of the turn are read at its end.

use riddhi_batch::{Arena, Column, Data, Kind, fetch};

/// No event.
pub(super) const NONE: u32 = u32::MAX;

/// Bytes of long strings that nobody needs any more, beyond which the rest is moved together.
const DEAD_BYTES_MIN: usize = 1 << 16;

/// What there is of each event beside its attributes.
#[derive(Clone, Copy, Debug)]
struct Head {
    ts: i64,
    refs: u32,
    /// The row of the input where it still stands, else [`NONE`].
    loose: u32,
}

/// Events of one slot.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Attributes of the slot's stream that the columns hold.
    attributes: Vec<u32>,
    pub cols: Vec<Column>,
    heads: Vec<Head>,
    /// In chains of several events: the one before and the one behind.
    pub links: Vec<[u32; 2]>,
    chained: bool,
    /// Rows that may be loose.
    taken: Vec<u32>,
    free: Vec<u32>,
    /// Rows given up in this turn.
    given_up: Vec<u32>,
    pub arena: Arena,
    dead: usize,
}

impl Events {
    /// No events; `kinds` are those of `attributes`.
    pub fn new(attributes: Vec<u32>, kinds: &[Kind], chained: bool) -> Events {
        let cols = kinds.iter().map(|&kind| Column::new(kind)).collect();
        Events { attributes, cols, chained, ..Events::default() }
    }

    /// Takes in row `row` of `cols`, held by nobody yet.
    #[inline]
    pub fn put(&mut self, cols: &[Column], row: usize, ts: i64, theirs: &Arena) -> u32 {
        let id = self.room(ts);
        let Events { attributes, cols: own, arena, .. } = self;
        for (to, &a) in own.iter_mut().zip(attributes.iter()) {
            set(to, id as usize, &cols[a as usize], row, theirs, arena);
        }
        id
    }

    /// Takes in an event that stands in row `row` of its input until the turn ends, held by nobody yet.
    #[inline(always)]
    pub fn put_loose(&mut self, row: usize, ts: i64) -> u32 {
        let id = self.room(ts);
        self.heads[id as usize].loose = row as u32;
        self.taken.push(id);
        id
    }

    /// The row of the input where the event still stands, else [`NONE`].
    #[inline]
    pub fn loose(&self, id: u32) -> u32 {
        self.heads[id as usize].loose
    }

    /// Asks for an event.
    #[inline]
    pub fn ask_for(&self, id: u32) {
        fetch(&self.heads, id as usize);
        for column in &self.cols {
            column.ask_for(id as usize);
        }
    }

    /// When it came.
    #[inline]
    pub fn ts(&self, id: u32) -> i64 {
        self.heads[id as usize].ts
    }

    /// Copies what is still held of the events that stand in `cols`.
    pub fn settle(&mut self, cols: &[Column], theirs: &Arena) {
        let mut taken = std::mem::take(&mut self.taken);
        for &id in &taken {
            let row = std::mem::replace(&mut self.heads[id as usize].loose, NONE);
            if row != NONE {
                let Events { attributes, cols: own, arena, .. } = self;
                for (to, &a) in own.iter_mut().zip(attributes.iter()) {
                    set(to, id as usize, &cols[a as usize], row as usize, theirs, arena);
                }
            }
        }
        taken.clear();
        self.taken = taken;
    }

    /// Whether some event may still stand in its input.
    pub fn is_settled(&self) -> bool {
        self.taken.is_empty()
    }

    /// Frees the rows that were given up in this turn.
    pub fn end_turn(&mut self) {
        if self.given_up.is_empty() {
            return;
        }
        if self.arena.is_empty() {
            return self.free.append(&mut self.given_up);
        }
        let mut given_up = std::mem::take(&mut self.given_up);
        given_up.iter().for_each(|&id| self.forget_strings(id as usize));
        self.free.append(&mut given_up);
        self.given_up = given_up;
        self.move_if_sparse();
    }

    /// A row whose columns are still to be set.
    #[inline(always)]
    fn room(&mut self, ts: i64) -> u32 {
        match self.free.pop() {
            Some(id) => {
                self.heads[id as usize] = Head { ts, refs: 0, loose: NONE };
                id
            }
            None => {
                let id = self.heads.len() as u32;
                self.heads.push(Head { ts, refs: 0, loose: NONE });
                if self.chained {
                    self.links.push([NONE; 2]);
                }
                self.cols.iter_mut().for_each(|c| c.fill(1));
                id
            }
        }
    }

    /// A row of the columns of a snapshot.
    pub fn restore(&mut self, cols: &[Column], row: usize, ts: i64, theirs: &Arena) -> u32 {
        let id = self.room(ts);
        let Events { cols: own, arena, .. } = self;
        for (to, from) in own.iter_mut().zip(cols) {
            set(to, id as usize, from, row, theirs, arena);
        }
        id
    }

    #[inline]
    pub fn hold(&mut self, id: u32) {
        self.heads[id as usize].refs += 1;
    }

    /// Gives one hold back.
    #[inline(always)]
    pub fn drop(&mut self, id: u32) {
        let refs = &mut self.heads[id as usize].refs;
        *refs -= 1;
        if *refs == 0 {
            self.give_back(id);
        }
    }

    #[inline(always)]
    fn give_back(&mut self, id: u32) {
        if self.chained {
            self.links[id as usize] = [NONE; 2];
        }
        let loose = &mut self.heads[id as usize].loose;
        if *loose == NONE {
            self.given_up.push(id);
        } else {
            *loose = NONE;
            self.free.push(id);
        }
    }

    fn forget_strings(&mut self, row: usize) {
        for column in &mut self.cols {
            match &mut column.data {
                Data::Str(v) if !v[row].is_inline() => {
                    self.dead += v[row].len();
                    v[row] = riddhi_batch::Str::EMPTY;
                }
                Data::Any(v) => {
                    self.dead += 16;
                    v[row] = riddhi_batch::Any::NOTHING;
                }
                _ => {}
            }
        }
    }

    fn move_if_sparse(&mut self) {
        if self.dead > DEAD_BYTES_MIN && self.dead * 2 > self.arena.len() {
            self.move_together();
        }
    }

    /// Moves the strings that are still needed into a new arena.
    fn move_together(&mut self) {
        let mut to = Arena::new();
        for column in &mut self.cols {
            match &mut column.data {
                Data::Str(v) => v.iter_mut().for_each(|s| *s = s.moved(&self.arena, &mut to)),
                Data::Any(v) => v.iter_mut().for_each(|x| *x = x.moved(&self.arena, &mut to)),
                _ => {}
            }
        }
        self.arena = to;
        self.dead = 0;
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.heads.len() * (16 + 8 * self.chained as usize + 16 * self.cols.len()) + self.arena.len()
    }

    pub fn clear(&mut self) {
        let kinds: Vec<Kind> = self.cols.iter().map(Column::kind).collect();
        *self = Events::new(std::mem::take(&mut self.attributes), &kinds, self.chained);
    }
}

/// Row `i` of a column becomes row `row` of another.
#[inline]
fn set(to: &mut Column, i: usize, from: &Column, row: usize, theirs: &Arena, ours: &mut Arena) {
    match (&mut to.data, &from.data) {
        (Data::I32(a), Data::I32(b)) => a[i] = b[row],
        (Data::I64(a), Data::I64(b)) => a[i] = b[row],
        (Data::F32(a), Data::F32(b)) => a[i] = b[row],
        (Data::F64(a), Data::F64(b)) => a[i] = b[row],
        (Data::Bool(a), Data::Bool(b)) => a[i] = b[row],
        (Data::Str(a), Data::Str(b)) => a[i] = b[row].moved(theirs, ours),
        (Data::Any(a), Data::Any(b)) => a[i] = b[row].moved(theirs, ours),
        _ => unreachable!("kinds of a slot's columns are those of its stream"),
    }
    if !to.nulls.is_empty() || !from.nulls.is_empty() {
        let null = from.is_null(row);
        if null && to.nulls.is_empty() {
            to.nulls.resize(to.len(), 0);
        }
        if let Some(flag) = to.nulls.get_mut(i) {
            *flag = null as u8;
        }
    }
}
