//! Goes through the signals of a turn: keeps what can be found, and looks for rows.

use riddhi_plan::join::SideOf;
use riddhi_plan::logical::{Kinds, NOT_IN_WINDOW};
use riddhi_plan::registry::{Finds, SignalKind};

use super::code::JoinCode;
use super::key::is_exact;
use super::side::Side;
use super::{JOIN_ROWS_PER_EVENT_MAX, Turn};
use crate::query::{Cx, Failure};
use crate::store::NO_ROW;

/// An event that looked for rows of the other side.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Its row; none of a reset.
    pub row: u64,
    /// Its timestamp.
    pub ts: i64,
    /// The end of what it found, in [`Sweep::found`].
    pub end: u32,
    /// The turn in which it came.
    pub turn: u32,
    /// Whether it arrives or leaves.
    pub kind: SignalKind,
    /// Its side.
    pub side: u8,
    /// Whether it could not look for rows, so that nothing comes of it.
    pub lost: bool,
}

/// What was found and is not put together yet.
#[derive(Debug, Default)]
pub struct Sweep {
    pub probes: Vec<Probe>,
    /// Rows of the other side, those of each probe together and in order.
    pub found: Vec<u64>,
    /// Whether some may have another key than was asked for.
    pub inexact: bool,
}

impl Sweep {
    /// Forgets what was put together.
    pub fn clear(&mut self) {
        self.probes.clear();
        self.found.clear();
        self.inexact = false;
    }

    /// Goes through one turn.
    pub fn take(&mut self, code: &JoinCode, sides: &mut [Side; 2], (number, turn): (u32, Turn), cx: &mut Cx<'_>) {
        let at = turn.side as usize;
        let [left, right] = sides;
        let (own, other) = if at == 0 { (left, right) } else { (right, left) };
        let side = &code.sides[at];
        let signals = own.stage.raw_signals();
        let from = match turn.chunk.checked_sub(1) {
            Some(before) => signals.chunks[before as usize].0 as usize,
            None => 0,
        };
        let to = signals.chunks[turn.chunk as usize].0 as usize;
        let lets = match side.of {
            SideOf::Stream | SideOf::Table(_) | SideOf::Aggregation(_) => Kinds::All,
            SideOf::Window { kinds, .. } => kinds,
        };
        let looks = |expired: bool| match expired {
            false => side.triggers && lets != Kinds::Expired,
            true => side.triggers && lets != Kinds::Current && if side.quiet { code.expired.1 } else { code.expired.0 },
        };
        let (arrivals, leavers) = (looks(false), looks(true));
        let resets = side.triggers && code.resets && side.of == SideOf::Stream;
        let now = cx.steps.now(turn.step);
        for i in from..to {
            let signals = own.stage.raw_signals();
            let (kind, ts) = (signals.kinds[i], signals.ts[i]);
            let mut probe = Probe { row: NO_ROW, ts, end: 0, turn: number, kind, side: at as u8, lost: false };
            match kind {
                SignalKind::Reset => {
                    own.contents.clear();
                    if resets {
                        self.put(Probe { ts: now, ..probe });
                    }
                }
                SignalKind::Current => {
                    let (name, row) = own.row(i);
                    let word = own.word(row);
                    probe.row = row;
                    match side.finds {
                        _ if name == NOT_IN_WINDOW as u64 => {}
                        Finds::Arrived | Finds::Arranged => {
                            own.contents.enter(name, row, word);
                            own.until = name + 1;
                        }
                        Finds::Held => drop(own.contents.leave(name)),
                        Finds::Nothing => {}
                    }
                    if arrivals || (name == NOT_IN_WINDOW as u64 && side.triggers) {
                        self.look(code, other, word, probe, cx, turn.step);
                    }
                    if side.passing {
                        self.pass(code, other, word, Probe { ts: now, ..probe }, resets, cx, turn.step);
                    }
                }
                SignalKind::Held => {
                    let (name, row) = own.row(i);
                    if !own.contents.has(name) {
                        own.contents.enter(name, row, own.word(row));
                    }
                }
                SignalKind::Gone => drop(own.contents.leave(own.row(i).0)),
                SignalKind::Expired => {
                    let (name, row) = own.row(i);
                    let (row, word) = match own.contents.leave(name) {
                        Some(known) => known,
                        None if leavers => (row, own.word(row)),
                        None => continue,
                    };
                    if leavers {
                        // Siddhi stamps the rows of a batch anew only as far as its list was not gone through since.
                        let ts = if side.quiet && own.contents.was_looked_at(row) { own.time(row) } else { ts };
                        self.look(code, other, word, Probe { row, ts, ..probe }, cx, turn.step);
                    }
                    if side.passing {
                        self.pass(code, other, word, Probe { row, ts: now, ..probe }, resets, cx, turn.step);
                    }
                }
            }
        }
    }

    /// An event that stays nowhere leaves at once, and a batch of one ends.
    fn pass(
        &mut self,
        code: &JoinCode,
        other: &mut Side,
        word: u128,
        probe: Probe,
        resets: bool,
        cx: &mut Cx<'_>,
        step: u32,
    ) {
        if code.sides[probe.side as usize].triggers && code.expired.1 {
            self.look(code, other, word, Probe { kind: SignalKind::Expired, ..probe }, cx, step);
        }
        if resets {
            self.put(Probe { kind: SignalKind::Reset, row: NO_ROW, ..probe });
        }
    }

    fn put(&mut self, probe: Probe) {
        self.probes.push(Probe { end: self.found.len() as u32, ..probe });
    }

    #[inline]
    fn look(&mut self, code: &JoinCode, other: &mut Side, word: u128, probe: Probe, cx: &mut Cx<'_>, step: u32) {
        if code.table.is_some() {
            // What the table has is looked up for all events at once.
            return self.put(probe);
        }
        let before = self.found.len();
        other.contents.look();
        if let SideOf::Window { looked: Some(stream), .. } = other.code().of {
            cx.shared.look(stream, other.until);
        }
        if other.contents.find(word, JOIN_ROWS_PER_EVENT_MAX, &mut self.found) {
            cx.failures.push(too_many(code.element, step));
        }
        if other.code().finds == Finds::Arranged
            && let Some(window) = other.stage.window()
        {
            window.arrange(&mut self.found[before..]);
        }
        if self.found.len() > before {
            self.inexact |= !is_exact(word, code.sides[0].keys.len().max(1));
            self.put(probe);
        } else if code.sides[probe.side as usize].outer {
            self.put(probe);
        }
    }
}

/// An event found more rows than it may.
pub fn too_many(element: u32, step: u32) -> Failure {
    let reason = format!(
        "an event found more than {JOIN_ROWS_PER_EVENT_MAX} rows (join_rows_per_event_max); the others are not joined"
    );
    Failure { query: element, step, rows: 1, reason }
}
