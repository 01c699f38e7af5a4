//! Names of outputs: where in the run of an app a message came out, so that whoever receives it knows a repeat.
//!
//! A name is a text, `LINEAGE/APP/STREAM/SINK/POSITION.ORDINAL`, with `.PART` behind it from the second message of a chunk on.
//! The lineage is drawn when an app's state begins, and is part of it; position is that of the entry that caused the chunk,
//! ordinal counts the chunks of the stream at that position. All of them are the same on another node and after a restart,
//! whatever the size of frames.
//!
//! Invariant: the names of a sink rise in the order in which its messages leave; so who has seen one has seen all below it.

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::connector::ConnectorPlan;

use crate::Setting;
use crate::mapper::{OutRows, Outgoing};
use crate::text::number::push_long;

/// Senders that are remembered; the one that said nothing for longest is forgotten.
const SENDERS_MAX: usize = 256;

/// Bytes of a name at most.
pub const NAME_BYTES_MAX: usize = 1024;

/// Gives the chunks of a sink their names.
pub(crate) struct Namer {
    /// All but the numbers.
    sender: Vec<u8>,
    /// Position of the last chunk, and the ordinal of the next one there.
    last: Option<u64>,
    next: u32,
    /// Position and ordinal of the chunks at hand.
    chunks: Vec<(u64, u32)>,
}

impl Namer {
    pub(crate) fn new(plan: &ConnectorPlan, setting: &Setting) -> Namer {
        // The key of a sink ends in a hash of what was written and a number among equal ones.
        let sink = plan.key.rsplit('/').next().unwrap_or_default();
        let sender = format!("{}/{}/{}/{sink}/", setting.lineage, setting.app, setting.stream);
        Namer { sender: sender.into_bytes(), last: None, next: 0, chunks: Vec::new() }
    }

    /// The chunks that come next.
    pub(crate) fn assign(&mut self, rows: &OutRows<'_>) {
        self.chunks.clear();
        for chunk in rows.chunks {
            let position = rows.base + u64::from(chunk.step);
            if self.last != Some(position) {
                (self.last, self.next) = (Some(position), 0);
            }
            self.chunks.push((position, self.next));
            self.next += 1;
        }
    }

    /// The names of chunks from this one on; the first message is that part of it.
    pub(crate) fn names(&self, first: usize, part: u32) -> Names<'_> {
        Names { sender: &self.sender, chunks: self.chunks.get(first..).unwrap_or_default(), part }
    }
}

/// The names of what a sink is given at once.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    sender: &'a [u8],
    chunks: &'a [(u64, u32)],
    part: u32,
}

impl Names<'_> {
    /// Appends the name of a message.
    pub fn push_of_message(&self, out: &Outgoing, message: usize, to: &mut Vec<u8>) {
        let of = &out.of[message];
        self.push(of.chunk as usize, of.part + self.part, to);
    }

    /// Appends the name of a chunk that is a message.
    pub fn push_of_chunk(&self, chunk: usize, to: &mut Vec<u8>) {
        self.push(chunk, self.part, to);
    }

    #[inline]
    fn push(&self, chunk: usize, part: u32, to: &mut Vec<u8>) {
        let Some((position, ordinal)) = self.chunks.get(chunk) else { return };
        to.extend_from_slice(self.sender);
        push_long(to, *position as i64);
        to.push(b'.');
        push_long(to, i64::from(*ordinal));
        if part > 0 {
            to.push(b'.');
            push_long(to, i64::from(part));
        }
    }
}

/// Position, ordinal and part.
type Place = (u64, u32, u32);

/// A name in its two parts; none if it is no name.
pub(crate) fn parse(name: &[u8]) -> Option<(&[u8], Place)> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let (sender, numbers) = name.split_at(memchr::memrchr(b'/', name)? + 1);
    let mut numbers = numbers.split(|b| *b == b'.').map(number);
    let (position, ordinal) = (numbers.next()??, numbers.next()??);
    let part = numbers.next().unwrap_or(Some(0))?;
    let place = (position, u32::try_from(ordinal).ok()?, u32::try_from(part).ok()?);
    numbers.next().is_none().then_some((sender, place))
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |n: u64, b: &u8| n.checked_mul(10)?.checked_add(u64::from(b.checked_sub(b'0').filter(|d| *d < 10)?));
    if digits.is_empty() { None } else { digits.iter().try_fold(0, digit) }
}

/// What was seen of each sender.
#[derive(Default)]
pub(crate) struct Seen {
    /// The one heard last stands first.
    senders: Vec<(Vec<u8>, Place)>,
}

impl Seen {
    /// Notes a name; whether it was seen before. What is no name was not.
    pub(crate) fn is_repeat(&mut self, name: &[u8]) -> bool {
        let Some((sender, place)) = parse(name) else { return false };
        if let Some((first, last)) = self.senders.first_mut()
            && first == sender
        {
            return note(last, place);
        }
        match self.senders.iter().position(|(name, _)| name == sender) {
            Some(at) => {
                self.senders[..=at].rotate_right(1);
                note(&mut self.senders[0].1, place)
            }
            None => {
                self.senders.truncate(SENDERS_MAX - 1);
                self.senders.insert(0, (sender.to_vec(), place));
                false
            }
        }
    }

    /// What was seen, for another one to go on with.
    pub(crate) fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.put_u32(self.senders.len() as u32);
        for (sender, (position, ordinal, part)) in &self.senders {
            out.put_bytes(sender);
            out.put_u64(*position);
            out.put_u32(*ordinal);
            out.put_u32(*part);
        }
        out.bytes
    }

    /// Goes on with what another one saw.
    pub(crate) fn restore(bytes: &[u8]) -> Result<Seen, LoadError> {
        let mut from = Reader::new(bytes);
        let mut senders = Vec::new();
        for _ in 0..from.get_u32()?.min(SENDERS_MAX as u32) {
            let sender = from.get_bytes()?.to_vec();
            senders.push((sender, (from.get_u64()?, from.get_u32()?, from.get_u32()?)));
        }
        Ok(Seen { senders })
    }
}

fn note(last: &mut Place, place: Place) -> bool {
    let repeat = place <= *last;
    *last = place.max(*last);
    repeat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_sender_and_a_place() {
        assert_eq!(parse(b"l/A/S/0f.0/12.3"), Some((&b"l/A/S/0f.0/"[..], (12, 3, 0))));
        assert_eq!(parse(b"l/1.2.3"), Some((&b"l/"[..], (1, 2, 3))));
        for wrong in ["", "a", "1.2", "l/1", "l/1.", "l/1.2.", "l/1.2.3.4", "l/1.-2", "l/99999999999999999999.0"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse(&[&[b'/'; NAME_BYTES_MAX][..], b"1.2"].concat()), None);
    }

    #[test]
    fn repeats_are_known_by_sender_also_after_a_restart() {
        let mut seen = Seen::default();
        let mut told = |names: &[&str]| names.iter().map(|n| seen.is_repeat(n.as_bytes())).collect::<Vec<_>>();
        assert_eq!(told(&["a/1.0", "a/1.1", "a/1.1", "a/1.0"]), [false, false, true, true]);
        assert_eq!(told(&["b/1.0", "a/1.1.1", "b/0.9", "a/1.1.1"]), [false, false, true, true]);
        // What has no name is never a repeat.
        assert_eq!(told(&["", "s", "s"]), [false; 3]);
        let mut again = Seen::restore(&seen.save()).unwrap();
        assert!(again.is_repeat(b"b/1.0") && again.is_repeat(b"a/1.1.1") && !again.is_repeat(b"a/2.0"));
        assert!(Seen::restore(b"x").is_err());
    }

    #[test]
    fn only_so_many_senders_are_remembered() {
        let mut seen = Seen::default();
        for i in 0..=SENDERS_MAX {
            assert!(!seen.is_repeat(format!("{i}/1.0").as_bytes()));
        }
        assert_eq!(seen.senders.len(), SENDERS_MAX);
        assert!(seen.is_repeat(b"1/1.0") && !seen.is_repeat(b"0/1.0"), "the oldest was forgotten");
    }
}
