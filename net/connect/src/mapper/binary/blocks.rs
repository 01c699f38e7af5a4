//! Events of the binary format, many at a time: first where each of them lies and what its texts are, then column by column.

use riddhi_batch::{Arena, Attribute, Column, Columns, Data, Str, Type};

use super::From;

/// Events of a block: their bytes stay near while each column is read.
const EVENTS_MAX: usize = 256;

/// Bytes of an event's time, which stands before its values.
const TIME_BYTES: usize = 8;

/// Where an attribute's value is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Texts before it in the event.
    texts: usize,
    /// Bytes between the end of the last of them, or the event's beginning, and the value.
    behind: usize,
}

/// How events of a stream lie in a message.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Of each attribute.
    places: Vec<Place>,
    /// Of each text: bytes between what is before it and its length.
    before: Vec<usize>,
    /// Bytes behind the last text.
    tail: usize,
    /// By number of texts before, of each event: where what lies behind them begins.
    starts: Vec<[u32; EVENTS_MAX]>,
    /// By text, of each event.
    texts: Vec<Vec<Str>>,
}

impl Blocks {
    /// For these attributes; none if there is a column that does not hold what the format has.
    pub(super) fn new(attributes: &[Attribute]) -> Option<Blocks> {
        let (mut places, mut before, mut at) = (Vec::new(), Vec::new(), TIME_BYTES);
        for attribute in attributes {
            if attribute.ty == Type::Object || attribute.kind != attribute.ty.kind() {
                return None;
            }
            places.push(Place { texts: before.len(), behind: at });
            if attribute.ty == Type::String {
                before.push(at);
                at = 0;
            } else {
                at += super::least(attribute.ty);
            }
        }
        let texts = vec![Vec::with_capacity(EVENTS_MAX); before.len()];
        Some(Blocks { places, starts: vec![[0; EVENTS_MAX]; before.len() + 1], before, tail: at, texts })
    }

    /// Appends whole blocks of `count` events, as far as they are as they should be; gives how many events there were. What is
    /// wrong with the next one, or that there is none, is for whoever reads them one by one.
    pub(super) fn read(
        &mut self,
        from: &mut From<'_>,
        count: usize,
        now: i64,
        rows: &mut Columns,
        arena: &mut Arena,
    ) -> usize {
        let mut done = 0;
        while done < count {
            let events = (count - done).min(EVENTS_MAX);
            let Some(end) = self.find(from, events, arena) else { break };
            self.append(from.bytes, events, now, rows);
            from.at = end;
            done += events;
        }
        done
    }

    /// Finds events and their texts; gives where they end.
    fn find(&mut self, from: &From<'_>, events: usize, arena: &mut Arena) -> Option<usize> {
        let bytes = from.bytes;
        // Positions are kept in 32 bits.
        u32::try_from(bytes.len()).ok()?;
        self.texts.iter_mut().for_each(Vec::clear);
        let mut at = from.at;
        for event in 0..events {
            let mut start = at;
            for (text, before) in self.before.iter().enumerate() {
                self.starts[text][event] = start as u32;
                let length_at = start + before;
                let length = bytes.get(length_at..)?.first_chunk()?;
                let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
                let begin = length_at + 4;
                self.texts[text].push(read_text(bytes, begin, length, arena)?);
                start = begin + length;
            }
            self.starts[self.before.len()][event] = start as u32;
            at = start + self.tail;
            if at > bytes.len() {
                return None;
            }
        }
        Some(at)
    }

    /// Appends the events that were found.
    fn append(&self, bytes: &[u8], events: usize, now: i64, rows: &mut Columns) {
        let starts = |texts: usize| &self.starts[texts][..events];
        rows.ts.extend(starts(0).iter().map(|at| {
            let time = i64::from_be_bytes(value(bytes, *at as usize));
            if time == -1 { now } else { time }
        }));
        for (column, place) in rows.cols.iter_mut().zip(&self.places) {
            let at = starts(place.texts).iter().map(|at| *at as usize + place.behind);
            match &mut column.data {
                Data::I32(v) => v.extend(at.map(|at| i32::from_be_bytes(value(bytes, at)))),
                Data::I64(v) => v.extend(at.map(|at| i64::from_be_bytes(value(bytes, at)))),
                Data::F32(v) => v.extend(at.map(|at| f32::from_be_bytes(value(bytes, at)))),
                Data::F64(v) => v.extend(at.map(|at| f64::from_be_bytes(value(bytes, at)))),
                Data::Bool(v) => v.extend(at.map(|at| u8::from(value::<1>(bytes, at) == [1]))),
                Data::Str(v) => {
                    let texts = &self.texts[place.texts];
                    if texts.iter().any(|s| s.is_empty()) {
                        append_texts(column, texts);
                        continue;
                    }
                    v.extend_from_slice(texts);
                }
                // There is no block with such a column.
                Data::Any(_) => {}
            }
            if !column.nulls.is_empty() {
                column.nulls.resize(column.nulls.len() + events, 0);
            }
        }
    }
}

/// Texts of which some are empty, which is null.
fn append_texts(column: &mut Column, texts: &[Str]) {
    for text in texts {
        if text.is_empty() { column.push_null() } else { column.push_str(*text) }
    }
}

/// The bytes of a value that was found to be there.
#[inline]
fn value<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// A text; none if it is not there or no UTF-8.
#[inline]
fn read_text(bytes: &[u8], at: usize, length: usize, arena: &mut Arena) -> Option<Str> {
    const INLINE_MAX: usize = 12;
    const NO_ASCII: u128 = u128::from_ne_bytes([0x80; 16]);
    // A short one with something behind it is read with that, which is taken away again.
    if length <= INLINE_MAX
        && let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk())
    {
        let word = u128::from_le_bytes(*word) & ((1 << (8 * length)) - 1);
        if word & NO_ASCII == 0 {
            return Some(Str::from_word(word << 32 | length as u128));
        }
    }
    let text = bytes.get(at..at.checked_add(length)?)?;
    std::str::from_utf8(text).ok()?;
    Some(Str::new(text, arena))
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::{Frame, Schema};

    fn attributes(types: &[Type]) -> Vec<Attribute> {
        types.iter().enumerate().map(|(i, ty)| Attribute::new(format!("a{i}"), *ty)).collect()
    }

    /// A message's events, with texts of all lengths about those that lie in the word.
    fn events(attributes: &[Attribute], n: usize, nulls: bool) -> Vec<u8> {
        let mut out = Vec::new();
        for i in 0..n {
            out.extend_from_slice(&(if i % 7 == 3 { -1 } else { i as i64 }).to_be_bytes());
            for (column, attribute) in attributes.iter().enumerate() {
                let k = i * 31 + column * 7;
                match attribute.ty {
                    Type::Int => out.extend_from_slice(&(k as i32 - 500).to_be_bytes()),
                    Type::Long => out.extend_from_slice(&(k as i64 - 500).to_be_bytes()),
                    Type::Float => out.extend_from_slice(&(k as f32 / 3.0).to_be_bytes()),
                    Type::Double => out.extend_from_slice(&(k as f64 / 3.0).to_be_bytes()),
                    Type::Bool => out.push(k as u8 % 3),
                    _ => {
                        let length = if nulls { k % 15 } else { k % 15 + 1 };
                        let text: String = "aé𝄞bcdefghijklmnop".chars().cycle().skip(k % 5).take(length).collect();
                        out.extend_from_slice(&(text.len() as i32).to_be_bytes());
                        out.extend_from_slice(text.as_bytes());
                    }
                }
            }
        }
        out
    }

    #[test]
    fn blocks_give_what_one_by_one_gives() {
        use Type::{Bool, Double, Float, Int, Long, String};
        let of: [&[Type]; 6] = [
            &[String, Double, Long, Long, Int],
            &[Int, Long, Float, Double, Bool],
            &[String],
            &[Bool, String, String, Float, String],
            &[Long, String],
            &[],
        ];
        for types in of {
            let attributes = attributes(types);
            let schema = Schema { attributes: attributes.clone() };
            let source = super::super::BinarySource::new(attributes.clone());
            for (n, nulls) in [(0, false), (1, false), (255, true), (256, false), (257, true), (1000, false)] {
                let bytes = events(&attributes, n, nulls);
                // Whole, and with some of its end missing.
                for cut in [0, 1, 3, 9, 17].into_iter().filter(|cut| *cut <= bytes.len()) {
                    let bytes = &bytes[..bytes.len() - cut];
                    let (mut one, mut many) = (Frame::new([&schema]), Frame::new([&schema]));
                    let mut from = From { bytes, at: 0 };
                    let (rows, arena) = one.rows_of(0);
                    let mut whole = 0;
                    while whole < n
                        && let Some(time) = from.i64()
                    {
                        rows.ts.push(if time == -1 { 77 } else { time });
                        if source.values(&mut from, whole, rows, arena).is_err() {
                            break;
                        }
                        whole += 1;
                    }
                    let (rows, arena) = many.rows_of(0);
                    let mut from = From { bytes, at: 0 };
                    let done = Blocks::new(&attributes).unwrap().read(&mut from, n, 77, rows, arena);
                    assert_eq!(
                        done,
                        if whole == n { n } else { whole / EVENTS_MAX * EVENTS_MAX },
                        "{types:?} {n} {cut}"
                    );
                    let (a, b) = (&one.flows[0].rows, &many.flows[0].rows);
                    assert_eq!(b.ts, a.ts[..done]);
                    for (a, b) in a.cols.iter().zip(&b.cols) {
                        for row in 0..done {
                            assert_eq!(
                                b.value(row, &many.arena),
                                a.value(row, &one.arena),
                                "{types:?} {n} {cut} {row}"
                            );
                        }
                    }
                }
            }
        }
    }
}
