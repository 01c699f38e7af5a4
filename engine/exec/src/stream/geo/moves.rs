//! `#geo:stationary(id, longitude, latitude, metres)`: a row when an id stays (true), within so many metres of where it was seen
//! before, and when it moves on (false). `#geo:proximity(...)`: a row for each other id that one comes near to (true), within so many
//! metres of where the other was seen first, or goes away from (false).

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use riddhi_batch::{LoadError, Reader, Value, Writer};

use super::watched::{KEPT_MAX, Watch, get_text, too_many};
use crate::functions::geo::packed::{At, Placed, read_at};
use crate::geometry::{Point, View, within_distance};

/// Where ids were seen.
#[derive(Clone, Default)]
struct Seen {
    numbers: HashMap<Box<str>, u32, FixedState>,
    /// By number, which is the order in which they appeared.
    ids: Vec<Box<str>>,
    places: Vec<Placed>,
    /// Points of them all.
    positions: usize,
}

fn view(place: &Placed) -> View<'_> {
    match place {
        Placed::Point(point) => point.view(),
        Placed::Geometry(geometry, _) => geometry.view(),
    }
}

fn positions(place: &Placed) -> usize {
    match place {
        Placed::Point(_) => 1,
        Placed::Geometry(geometry, _) => geometry.positions().max(1),
    }
}

impl Seen {
    fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Notes an id that is new.
    fn add(&mut self, id: &str, place: Placed) -> Result<u32, String> {
        self.make_room(positions(&place))?;
        let number = self.ids.len() as u32;
        self.numbers.insert(id.into(), number);
        self.ids.push(id.into());
        self.places.push(place);
        Ok(number)
    }

    /// Notes where an id is now.
    fn put(&mut self, number: u32, place: Placed) -> Result<(), String> {
        let before = positions(&self.places[number as usize]);
        self.positions -= before;
        if let Err(why) = self.make_room(positions(&place)) {
            self.positions += before;
            return Err(why);
        }
        self.places[number as usize] = place;
        Ok(())
    }

    fn make_room(&mut self, more: usize) -> Result<(), String> {
        if self.positions + more > KEPT_MAX {
            return Err(too_many());
        }
        self.positions += more;
        Ok(())
    }

    fn save(&self, out: &mut Writer) {
        out.put_u64(self.ids.len() as u64);
        for (id, place) in self.ids.iter().zip(&self.places) {
            out.put_bytes(id.as_bytes());
            match place {
                Placed::Point(Point { x, y }) => {
                    out.put_bool(true);
                    out.put_u64(x.to_bits());
                    out.put_u64(y.to_bits());
                }
                Placed::Geometry(_, text) => {
                    out.put_bool(false);
                    out.put_bytes(text.as_bytes());
                }
            }
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Seen, LoadError> {
        let mut seen = Seen::default();
        for _ in 0..from.get_count(2)? {
            let id = get_text(from)?;
            let place = match from.get_bool()? {
                true => Placed::Point(Point { x: f64::from_bits(from.get_u64()?), y: f64::from_bits(from.get_u64()?) }),
                false => Placed::of_text(get_text(from)?).map_err(|why| LoadError::new(why.what))?,
            };
            seen.add(id, place).map_err(LoadError::new)?;
        }
        Ok(seen)
    }

    fn bytes(&self) -> usize {
        self.ids.iter().map(|id| 2 * id.len() + 64).sum::<usize>() + self.positions * size_of::<Point>()
    }
}

/// Who stays where it is.
#[derive(Clone)]
pub(super) struct Stationary {
    degrees: f64,
    seen: Seen,
    /// By number.
    stays: Vec<bool>,
}

impl Stationary {
    pub(super) fn new(degrees: f64) -> Stationary {
        Stationary { degrees, seen: Seen::default(), stays: Vec::new() }
    }
}

impl Watch for Stationary {
    fn see(&mut self, packed: &str) -> Result<Value, String> {
        let At { id, place } = read_at(packed)?;
        let Some(number) = self.seen.number(id) else {
            self.seen.add(id, place)?;
            self.stays.push(false);
            return Ok(Value::Null);
        };
        let at = number as usize;
        let stays = within_distance(view(&place), view(&self.seen.places[at]), self.degrees).map_err(|why| why.what)?;
        // One that stays is looked at from where it began to.
        if !stays {
            self.seen.put(number, place)?;
        }
        let changed = std::mem::replace(&mut self.stays[at], stays) != stays;
        Ok(if changed { Value::Bool(stays) } else { Value::Null })
    }

    fn is_clear(&self) -> bool {
        self.stays.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        self.seen.save(out);
        self.stays.iter().for_each(|&stays| out.put_bool(stays));
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.seen = Seen::load(from)?;
        self.stays = (0..self.seen.ids.len()).map(|_| from.get_bool()).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.seen.bytes() + self.stays.len()
    }
}

/// Who is near whom.
#[derive(Clone)]
pub(super) struct Proximity {
    degrees: f64,
    seen: Seen,
    /// Pairs of numbers, the smaller one first.
    near: HashSet<(u32, u32), FixedState>,
}

impl Proximity {
    pub(super) fn new(degrees: f64) -> Proximity {
        Proximity { degrees, seen: Seen::default(), near: HashSet::default() }
    }
}

impl Watch for Proximity {
    fn see(&mut self, packed: &str) -> Result<Value, String> {
        let At { id, place } = read_at(packed)?;
        let own = match self.seen.number(id) {
            Some(number) => number,
            None => self.seen.add(id, place.clone())?,
        };
        let pair = |other: u32| (own.min(other), own.max(other));
        let mut changes = Vec::new();
        for (other, seen) in (0u32..).zip(&self.seen.places).filter(|(other, _)| *other != own) {
            let is_near = within_distance(view(&place), view(seen), self.degrees).map_err(|why| why.what)?;
            if is_near != self.near.contains(&pair(other)) {
                changes.push((other, is_near));
            }
        }
        // All of it or nothing.
        if self.near.len() + changes.iter().filter(|(_, is_near)| *is_near).count() > KEPT_MAX {
            return Err(too_many());
        }
        let mut rows = Vec::new();
        for (other, is_near) in changes {
            if is_near {
                self.near.insert(pair(other))
            } else {
                self.near.remove(&pair(other))
            };
            let id = Value::Str(self.seen.ids[other as usize].clone());
            rows.push(Value::List(vec![id, Value::Bool(is_near)]));
        }
        Ok(if rows.is_empty() { Value::Null } else { Value::List(rows) })
    }

    fn is_clear(&self) -> bool {
        self.seen.ids.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        self.seen.save(out);
        let mut near: Vec<(u32, u32)> = self.near.iter().copied().collect();
        near.sort_unstable();
        out.put_u64(near.len() as u64);
        for (one, other) in near {
            out.put_u64((u64::from(one) << 32) | u64::from(other));
        }
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.seen = Seen::load(from)?;
        self.near.clear();
        for _ in 0..from.get_count(8)? {
            let pair = from.get_u64()?;
            self.near.insert(((pair >> 32) as u32, pair as u32));
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.seen.bytes() + self.near.len() * size_of::<(u32, u32)>()
    }
}
