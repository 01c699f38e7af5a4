//! `#geo:locationApproximate(recorder, latitude, longitude, proximity, beacon, weight, time)`: where somebody is, as the middle of the
//! beacons that are near: each a point of the unit sphere with its weight, and the direction of their sum.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use riddhi_batch::{LoadError, Reader, Value, Writer};

use super::watched::{KEPT_MAX, Watch, get_text, too_many};
use crate::functions::fdlibm::atan2;
use crate::functions::geo::packed::{Sighting, read_sighting};

/// How long a beacon counts of which nothing more is heard, in milliseconds.
const COUNTS_MS: i64 = 300_000;

/// A beacon that is near.
#[derive(Clone, Debug)]
struct Beacon {
    name: Box<str>,
    latitude: f64,
    longitude: f64,
    weight: f64,
    /// When it was seen last, in milliseconds.
    at: i64,
}

/// The beacons that are near to each recorder, in the order in which they were first seen.
#[derive(Clone, Default)]
pub(super) struct Beacons {
    near: HashMap<Box<str>, Vec<Beacon>, FixedState>,
    beacons: usize,
}

impl Watch for Beacons {
    fn see(&mut self, packed: &str) -> Result<Value, String> {
        let seen = read_sighting(packed)?;
        let none = (seen.latitude, seen.longitude, false);
        let known = self.near.get(seen.recorder).map_or(&[][..], Vec::as_slice);
        let before = known.len();
        if before == 0 && !seen.near {
            return Ok(row(none));
        }
        if seen.near && self.beacons >= KEPT_MAX && place(known, seen.beacon).is_none() {
            return Err(too_many());
        }
        let own = self.near.entry(seen.recorder.into()).or_default();
        take(own, &seen);
        own.retain(|beacon| seen.at.wrapping_sub(beacon.at) <= COUNTS_MS);
        self.beacons = self.beacons + own.len() - before;
        let found = if own.is_empty() { none } else { middle(own) };
        if own.is_empty() {
            self.near.remove(seen.recorder);
        }
        Ok(row(found))
    }

    fn is_clear(&self) -> bool {
        self.near.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        let mut recorders: Vec<_> = self.near.iter().collect();
        recorders.sort_unstable_by_key(|(name, _)| *name);
        out.put_u64(recorders.len() as u64);
        for (name, beacons) in recorders {
            out.put_bytes(name.as_bytes());
            out.put_u64(beacons.len() as u64);
            for beacon in beacons {
                out.put_bytes(beacon.name.as_bytes());
                [beacon.latitude, beacon.longitude, beacon.weight].iter().for_each(|x| out.put_u64(x.to_bits()));
                out.put_i64(beacon.at);
            }
        }
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        *self = Beacons::default();
        for _ in 0..from.get_count(2)? {
            let recorder = get_text(from)?;
            let beacons = (0..from.get_count(33)?).map(|_| {
                Ok(Beacon {
                    name: get_text(from)?.into(),
                    latitude: f64::from_bits(from.get_u64()?),
                    longitude: f64::from_bits(from.get_u64()?),
                    weight: f64::from_bits(from.get_u64()?),
                    at: from.get_i64()?,
                })
            });
            let beacons: Vec<Beacon> = beacons.collect::<Result<_, LoadError>>()?;
            self.beacons += beacons.len();
            self.near.insert(recorder.into(), beacons);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let beacon = |beacon: &Beacon| beacon.name.len() + size_of::<Beacon>();
        let names: usize = self.near.keys().map(|name| name.len() + 48).sum();
        names + self.near.values().flatten().map(beacon).sum::<usize>()
    }
}

fn place(beacons: &[Beacon], name: &str) -> Option<usize> {
    beacons.iter().position(|beacon| &*beacon.name == name)
}

/// Notes what was seen, unless it is older than what is known of that beacon.
fn take(own: &mut Vec<Beacon>, seen: &Sighting<'_>) {
    let now = Beacon {
        name: seen.beacon.into(),
        latitude: seen.latitude,
        longitude: seen.longitude,
        weight: seen.weight,
        at: seen.at,
    };
    match place(own, seen.beacon) {
        Some(at) if own[at].at >= seen.at => {}
        Some(at) if seen.near => own[at] = now,
        Some(at) => drop(own.remove(at)),
        None if seen.near => own.push(now),
        None => {}
    }
}

/// The middle of beacons.
fn middle(beacons: &[Beacon]) -> (f64, f64, bool) {
    const PI: f64 = std::f64::consts::PI;
    let all: f64 = beacons.iter().map(|beacon| beacon.weight).sum();
    let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
    for beacon in beacons {
        let weight = beacon.weight / all;
        let (latitude, longitude) = (beacon.latitude * PI / 180.0, beacon.longitude * PI / 180.0);
        x += latitude.cos() * longitude.cos() * weight;
        y += latitude.cos() * longitude.sin() * weight;
        z += latitude.sin() * weight;
    }
    (atan2(z, (x * x + y * y).sqrt()) * 180.0 / PI, atan2(y, x) * 180.0 / PI, true)
}

fn row((latitude, longitude, exists): (f64, f64, bool)) -> Value {
    let values = vec![Value::Double(latitude), Value::Double(longitude), Value::Bool(exists)];
    Value::List(vec![Value::List(values)])
}
