//! What remembers something from row to row: an aggregate whose value after a row says which rows the function gives for it: none
//! (null), one (a bool), several (a list of lists), or why it cannot be told (a text).

use std::sync::Arc;

use riddhi_batch::{Any, Arena, Column, Data, Kind, LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{Aggregate, BoundAggregate, Run, Signals, Slide};

/// Places, ids or pairs that one function remembers, in one partition: events that would need more fail.
pub(super) const KEPT_MAX: usize = 1 << 20;

/// What is watched.
pub(super) trait Watch: Clone + Send + Sync + 'static {
    /// Takes a row in; what is given for it, or why it fails.
    fn see(&mut self, packed: &str) -> Result<Value, String>;
    /// Whether it is as new.
    fn is_clear(&self) -> bool;
    fn save(&self, out: &mut Writer);
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError>;
    /// Bytes held, about.
    fn bytes(&self) -> usize;
}

#[cold]
pub(super) fn too_many() -> String {
    format!("more than {KEPT_MAX} places, ids or pairs are remembered already")
}

/// A text of a state.
pub(super) fn get_text<'a>(from: &mut Reader<'a>) -> Result<&'a str, LoadError> {
    std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a text is not UTF-8"))
}

/// What a function begins with.
pub(super) fn memory(new: impl Watch) -> BoundAggregate {
    let create = Arc::new(move || -> Box<dyn Aggregate> {
        Box::new(Watched { groups: vec![new.clone()], new: new.clone(), own: Arena::default() })
    });
    BoundAggregate { ty: Type::Object, kind: Kind::Any, create }
}

/// What is watched, by group.
struct Watched<T> {
    new: T,
    groups: Vec<T>,
    /// Values put out since the last time they were settled.
    own: Arena,
}

impl<T: Watch> Aggregate for Watched<T> {
    fn grow(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize(groups, self.new.clone());
        }
    }

    fn slide(&mut self, s: &Slide<'_>, out: &mut Column) {
        let rows = &s.entering;
        for i in 0..rows.n {
            let failed = !rows.failed.is_empty() && rows.failed[i] != 0;
            let at = rows.first + i;
            let value = match rows.arg.map(|arg| (&arg.data, arg.is_null(at))) {
                Some((Data::Str(texts), false)) if !failed => {
                    let seen = self.groups[rows.groups.at(i) as usize].see(texts[at].text(rows.arena));
                    seen.unwrap_or_else(|why| Value::Str(why.into()))
                }
                _ => Value::Null,
            };
            out.push_any(Any::new(&value, &mut self.own));
        }
    }

    fn signals(&mut self, _: &Signals<'_>, _: &mut Column) {
        unreachable!("stands before a window, where rows only arrive")
    }

    fn settle(&mut self, out: &mut Column, arena: &mut Arena) {
        if let Data::Any(values) = &mut out.data {
            values.iter_mut().for_each(|value| *value = value.moved(&self.own, arena));
        }
        self.own.clear();
    }

    fn add(&mut self, _: &Run<'_>) {
        unreachable!("stands before a window, where each row is asked for its value")
    }

    fn remove(&mut self, _: &Run<'_>) {
        unreachable!("stands before a window, where rows only arrive")
    }

    fn values(&self, _: &[u32], _: &mut Column) {
        unreachable!("stands before a window, where each row is asked for its value")
    }

    fn reset(&mut self) {
        let new = &self.new;
        self.groups.iter_mut().for_each(|group| group.clone_from(new));
    }

    fn is_clear(&self, group: u32) -> bool {
        self.groups[group as usize].is_clear()
    }

    fn forget(&mut self, group: u32) {
        self.groups[group as usize] = self.new.clone();
    }

    fn shrink(&mut self, groups: usize) {
        self.groups.truncate(groups);
        self.groups.shrink_to_fit();
    }

    fn save(&self, group: u32, out: &mut Writer) {
        self.groups[group as usize].save(out);
    }

    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.groups[group as usize].load(from)
    }

    fn exact(&self) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.groups.iter().map(Watch::bytes).sum()
    }
}
