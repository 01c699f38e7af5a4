//! Aggregators whose value is as long as what they hold: sets, lists, maps, texts.

use riddhi_batch::{Arena, Column, Data, LoadError, Reader, Writer};
use riddhi_plan::registry::{Aggregate, Run, Signals, Slide};

use super::tally::{self, Move, Tally};

/// What a group holds.
pub(super) trait Held: Clone + Send + Sync + 'static {
    /// Buffers of all groups.
    type Buffers: Default + Send + Sync;
    /// Takes in what the argument is in row `i`, or takes it out.
    fn change(&mut self, buffers: &mut Self::Buffers, arg: Option<&Column>, i: usize, arena: &Arena, moves: Move);
    /// Appends the value that is shown, made in `own`.
    fn push(&self, buffers: &mut Self::Buffers, own: &mut Arena, out: &mut Column);
    /// Whether it is as new.
    fn is_clear(&self) -> bool;
    fn save(&self, out: &mut Writer);
    fn load(from: &mut Reader<'_>) -> Result<Self, LoadError>;
    /// Bytes held, about.
    fn bytes(&self) -> usize;
}

/// What is held, by group.
pub(super) struct Groups<T: Held> {
    new: T,
    groups: Vec<T>,
    buffers: T::Buffers,
    /// Values put out since the last time they were settled.
    own: Arena,
}

impl<T: Held> Groups<T> {
    /// One group, which begins as `new`.
    pub(super) fn new(new: T) -> Groups<T> {
        Groups { groups: vec![new.clone()], new, buffers: T::Buffers::default(), own: Arena::default() }
    }
}

impl<T: Held> Tally for Groups<T> {
    fn change(&mut self, group: u32, arg: Option<&Column>, i: usize, arena: &Arena, moves: Move) {
        self.groups[group as usize].change(&mut self.buffers, arg, i, arena, moves);
    }

    fn push(&mut self, group: u32, out: &mut Column) {
        self.groups[group as usize].push(&mut self.buffers, &mut self.own, out);
    }
}

impl<T: Held> Aggregate for Groups<T> {
    fn grow(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize(groups, self.new.clone());
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        tally::slide(self, s, out);
    }

    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column) {
        tally::signals(self, signals, out);
    }

    fn settle(&mut self, out: &mut Column, arena: &mut Arena) {
        if let Data::Any(values) = &mut out.data {
            values.iter_mut().for_each(|value| *value = value.moved(&self.own, arena));
        }
        self.own.clear();
    }

    fn add(&mut self, run: &Run<'_>) {
        tally::change_all(self, run, Move::Enters);
    }

    fn remove(&mut self, run: &Run<'_>) {
        tally::change_all(self, run, Move::Leaves);
    }

    fn values(&self, _groups: &[u32], _out: &mut Column) {
        unreachable!("queries with results of the kind any take the general way")
    }

    fn reset(&mut self) {
        let new = &self.new;
        self.groups.iter_mut().for_each(|group| group.clone_from(new));
    }

    fn is_clear(&self, group: u32) -> bool {
        self.groups[group as usize].is_clear()
    }

    fn shrink(&mut self, groups: usize) {
        self.groups.truncate(groups);
        self.groups.shrink_to_fit();
    }

    fn forget(&mut self, group: u32) {
        self.groups[group as usize] = self.new.clone();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        self.groups[group as usize].save(out);
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.groups[group as usize] = T::load(from)?;
        Ok(())
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.groups.iter().map(Held::bytes).sum()
    }
}
