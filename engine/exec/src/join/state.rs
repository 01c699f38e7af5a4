//! What a join remembers, as sections of a snapshot: those of its stages, what can be found of each side, and those of its
//! selection.

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::registry::Finds;

use super::contents::Contents;
use super::side::Side;
use super::{Join, JoinCode};
use crate::query::Section;
use crate::store::Store;

const NAMES: [&str; 2] = ["left", "right"];

/// Appends the sections of a side, given those of its stage.
pub(super) fn save_side(
    code: &JoinCode,
    at: usize,
    stage: Vec<Section>,
    (contents, copy): (&Contents, Option<&Store>),
    out: &mut Vec<Section>,
) {
    let (key, name) = (&code.key, NAMES[at]);
    // A stage selects nothing.
    for section in stage.into_iter().filter(|s| !s.name.ends_with("/select")) {
        let role = section.name.rsplit('/').next().unwrap_or_default();
        out.push(Section { name: format!("{key}/{name}.{role}"), bytes: section.bytes });
    }
    if code.sides[at].finds == Finds::Nothing {
        return;
    }
    let mut writer = Writer::default();
    let all = contents.all();
    contents.marks().iter().for_each(|&mark| writer.put_u64(mark));
    writer.put_u64(all.len() as u64);
    all.iter().for_each(|&(number, _)| writer.put_u64(number));
    if let Some(copy) = copy {
        let rows: Vec<u64> = all.iter().map(|&(_, row)| row).collect();
        copy.save_rows(&mut writer, &rows);
    }
    out.push(Section { name: format!("{key}/{name}.contents"), bytes: writer.bytes });
}

impl Join {
    pub(super) fn save_sections(&self, out: &mut Vec<Section>) {
        let key = &self.code.key;
        for (at, side) in self.sides.iter().enumerate() {
            let mut stage = Vec::new();
            side.stage.save(&mut stage);
            save_side(&self.code, at, stage, (&side.contents, side.copy.as_ref()), out);
        }
        if self.pairs.serial > 0 && self.code.asks_random {
            let mut writer = Writer::default();
            writer.put_u64(self.pairs.serial);
            out.push(Section { name: format!("{key}/pairs"), bytes: writer.bytes });
        }
        self.inner.save(out);
    }

    pub(super) fn load_section(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role == "pairs" {
            self.pairs.serial = Reader::new(bytes).get_u64()?;
            return Ok(());
        }
        let inner = !NAMES.iter().any(|name| role.starts_with(name) && role[name.len()..].starts_with('.'));
        if inner { self.inner.load(role, bytes) } else { self.load_side(role, bytes, |_| true) }
    }

    /// Puts back a section of a side of which `wanted` is true.
    pub(super) fn load_side(
        &mut self,
        role: &str,
        bytes: &[u8],
        wanted: impl Fn(&Side) -> bool,
    ) -> Result<(), LoadError> {
        for (side, name) in self.sides.iter_mut().zip(NAMES).filter(|(side, _)| wanted(side)) {
            let Some(part) = role.strip_prefix(name).and_then(|r| r.strip_prefix('.')) else { continue };
            if part != "contents" {
                return side.stage.load(part, bytes);
            }
            let mut from = Reader::new(bytes);
            let marks = [from.get_u64()?, from.get_u64()?];
            let n = from.get_count(8)?;
            let numbers = (0..n).map(|_| from.get_u64()).collect::<Result<Vec<_>, _>>()?;
            let mut rows = numbers.clone();
            if let Some(copy) = &mut side.copy {
                copy.load_rows(&mut from)?;
                rows = copy.numbers();
            }
            from.end()?;
            if rows.len() != numbers.len() {
                return Err(LoadError::new("it has not as many rows as it says"));
            }
            side.load_contents(&numbers, &rows)?;
            side.contents.set_marks(marks);
            return Ok(());
        }
        Err(LoadError::new(format!("this query has no {role}")))
    }
}
