//! Bundles: events by column, over all streams.

use super::code;
use super::fields::{Fields, list_count, map_count};
use crate::cursor::{Cursor, i32_at};
use crate::{Values, WireError};

/// What stands for null in the list of texts.
pub(super) const NULL: &[u8] = b"_null";

/// A bundle of events. Parts that the sender left out are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bundle<'a> {
    /// The session.
    pub session: Option<&'a [u8]>,
    /// Events it says it has.
    pub count: i32,
    /// Whether there is a list of texts; without one there can be no event.
    pub has_texts: bool,
    ints: &'a [u8],
    longs: &'a [u8],
    doubles: &'a [u8],
    bools: &'a [u8],
    texts: &'a [u8],
    texts_count: usize,
    maps: &'a [u8],
    maps_count: usize,
}

impl<'a> Bundle<'a> {
    pub(super) fn parse(from: &mut Cursor<'a>) -> Result<Bundle<'a>, WireError> {
        let mut bundle = Bundle::default();
        let mut fields = Fields::new(from, 1);
        while let Some((ty, id)) = fields.next()? {
            match (ty, id) {
                (code::STRING, 1) => bundle.session = Some(fields.text()?),
                (code::I32, 2) => bundle.count = fields.from.i32("a count of events")?,
                (code::LIST, 3) => bundle.ints = fixed(fields.from, code::I32, 4)?,
                (code::LIST, 4) => bundle.longs = fixed(fields.from, code::I64, 8)?,
                (code::LIST, 5) => bundle.doubles = fixed(fields.from, code::DOUBLE, 8)?,
                (code::LIST, 6) => bundle.bools = fixed(fields.from, code::BOOL, 1)?,
                (code::LIST, 7) => {
                    bundle.has_texts = true;
                    bundle.texts_count = list_count(fields.from, code::STRING)?;
                    bundle.texts = over(fields.from, bundle.texts_count, |from| from.counted("a text").map(drop))?;
                }
                (code::MAP, 8) => {
                    bundle.maps_count = map_count(fields.from, code::I32, code::MAP)?;
                    bundle.maps = over(fields.from, bundle.maps_count, |from| {
                        from.i32("an event's number")?;
                        pairs(from).map(drop)
                    })?;
                }
                _ => fields.skip(ty)?,
            }
        }
        Ok(bundle)
    }

    /// The events, in order.
    ///
    /// # Errors
    ///
    /// A count that is negative, or that the list of texts cannot hold, which has a stream's name for each event.
    pub fn events(&self) -> Result<Events<'a>, WireError> {
        let wrong = WireError::Length { what: "a list of events", value: self.count.into() };
        let count = usize::try_from(self.count).map_err(|_| wrong)?;
        if count > self.texts_count {
            return Err(wrong);
        }
        Ok(Events {
            left: count,
            ints: Cursor::new(self.ints),
            longs: Cursor::new(self.longs),
            doubles: Cursor::new(self.doubles),
            bools: Cursor::new(self.bools),
            texts: Cursor::new(self.texts),
        })
    }

    /// The maps of arbitrary pairs, each with the number of its event, as they stand.
    fn entries(&self) -> Entries<'a> {
        Entries { left: self.maps_count, whole: self.maps, from: Cursor::new(self.maps) }
    }
}

/// The bytes of a list of numbers.
fn fixed<'a>(from: &mut Cursor<'a>, ty: u8, bytes: usize) -> Result<&'a [u8], WireError> {
    let count = list_count(from, ty)?;
    from.take(count * bytes, "a list")
}

/// The bytes of `count` things that `one` passes over.
fn over<'a>(
    from: &mut Cursor<'a>,
    count: usize,
    mut one: impl FnMut(&mut Cursor<'a>) -> Result<(), WireError>,
) -> Result<&'a [u8], WireError> {
    let whole = from.rest();
    for _ in 0..count {
        one(from)?;
    }
    Ok(&whole[..whole.len() - from.len()])
}

fn pairs<'a>(from: &mut Cursor<'a>) -> Result<Pairs<'a>, WireError> {
    let count = map_count(from, code::STRING, code::STRING)?;
    let bytes = over(from, 2 * count, |from| from.counted("a text").map(drop))?;
    Ok(Pairs { left: count, from: Cursor::new(bytes) })
}

/// What each event begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventHead<'a> {
    /// `name:version`.
    pub stream: &'a [u8],
    /// Milliseconds since 1970, as the sender says.
    pub timestamp: i64,
}

/// The events of a bundle: a head, then all its values in the order of the definition, then the next head. Who does not know
/// the definition of a stream cannot go on behind its first event.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    left: usize,
    ints: Cursor<'a>,
    longs: Cursor<'a>,
    doubles: Cursor<'a>,
    bools: Cursor<'a>,
    texts: Cursor<'a>,
}

impl<'a> Events<'a> {
    /// The next event's head; none behind the last one. What lists hold beyond it is ignored, as WSO2's receiver does.
    ///
    /// # Errors
    ///
    /// A list has too few elements.
    #[inline]
    pub fn head(&mut self) -> Result<Option<EventHead<'a>>, WireError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let stream = self.texts.counted("the list of texts")?;
        Ok(Some(EventHead { stream, timestamp: self.longs.i64("the list of longs")? }))
    }
}

impl<'a> Values<'a> for Events<'a> {
    #[inline]
    fn int(&mut self) -> Result<i32, WireError> {
        self.ints.i32("the list of ints")
    }

    #[inline]
    fn long(&mut self) -> Result<i64, WireError> {
        self.longs.i64("the list of longs")
    }

    /// Floats travel as doubles.
    #[inline]
    fn float(&mut self) -> Result<f32, WireError> {
        self.double().map(|value| value as f32)
    }

    #[inline]
    fn double(&mut self) -> Result<f64, WireError> {
        self.doubles.array("the list of doubles").map(f64::from_be_bytes)
    }

    #[inline]
    fn bool(&mut self) -> Result<bool, WireError> {
        self.bools.u8("the list of bools").map(|byte| byte == 1)
    }

    #[inline]
    fn text(&mut self) -> Result<Option<&'a [u8]>, WireError> {
        let text = self.texts.counted("the list of texts")?;
        Ok(if text == NULL { None } else { Some(text) })
    }
}

/// Maps of arbitrary pairs with the numbers of their events, in the sender's order.
struct Entries<'a> {
    left: usize,
    whole: &'a [u8],
    from: Cursor<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(i32, Pairs<'a>), WireError>;

    fn next(&mut self) -> Option<Result<(i32, Pairs<'a>), WireError>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.from.i32("an event's number").and_then(|event| Ok((event, pairs(&mut self.from)?))))
    }
}

/// The arbitrary pairs of an event.
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    left: usize,
    from: Cursor<'a>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), WireError>;

    fn next(&mut self) -> Option<Result<(&'a [u8], &'a [u8]), WireError>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.from.pair())
    }
}

/// Finds the map of an event; made anew for each bundle in memory that stays.
#[derive(Debug, Default)]
pub struct MapIndex {
    /// Where the map of each event stands, plus one; 0 if there is none.
    places: Vec<u32>,
}

impl MapIndex {
    /// Learns where the maps of a bundle stand, whose [`Bundle::events`] have been counted. Of several for one event the last
    /// is kept; those of events that there are not are ignored.
    ///
    /// # Errors
    ///
    /// A map that cannot be read.
    pub fn learn(&mut self, bundle: &Bundle<'_>) -> Result<(), WireError> {
        self.places.clear();
        if bundle.maps_count == 0 {
            return Ok(());
        }
        let count = usize::try_from(bundle.count).unwrap_or(0).min(bundle.texts_count);
        self.places.resize(count, 0);
        let mut entries = bundle.entries();
        loop {
            let at = entries.whole.len() - entries.from.len();
            let Some(entry) = entries.next() else { return Ok(()) };
            let (event, _) = entry?;
            if let Some(place) = usize::try_from(event).ok().and_then(|event| self.places.get_mut(event)) {
                *place = u32::try_from(at + 1).unwrap_or(0);
            }
        }
    }

    /// The pairs of the event of that number, of the bundle that was learnt.
    pub fn pairs<'a>(&self, bundle: &Bundle<'a>, event: usize) -> Option<Pairs<'a>> {
        let at = (*self.places.get(event)?).checked_sub(1)? as usize;
        i32_at(bundle.maps, at)?;
        pairs(&mut Cursor::new(&bundle.maps[at + 4..])).ok()
    }
}
