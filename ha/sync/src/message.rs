//! What is said over the link, as bytes.

use riddhi_role::{Epoch, Hello, Holder, Incarnation, Position};

use crate::frame;

/// The version of all of it. Nodes of another version are refused, with both named.
pub const VERSION: u16 = 1;

pub(crate) const HELLO: u8 = 1;
pub(crate) const CHALLENGE: u8 = 2;
pub(crate) const PROOF: u8 = 3;
pub(crate) const NO: u8 = 4;
const HEARTBEAT: u8 = 16;
const ANSWER: u8 = 17;
const HAND_OVER: u8 = 18;
const ASK: u8 = 19;
const BEGIN: u8 = 32;
const RECORD: u8 = 33;
const ACKNOWLEDGE: u8 = 34;

/// Bytes of a node's name at most.
const NAME_BYTES_MAX: usize = 256;

/// What is said once both ends have proved themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// From one role machine to the other.
    Machine(riddhi_role::Message),
    /// Records of the active of `epoch` follow, the first of them behind `after`. What the passive has beyond is cut off.
    Begin {
        /// The active's epoch.
        epoch: Epoch,
        /// Up to here the passive's journal is a beginning of the active's.
        after: Position,
        /// All that the passive has is void: the records that follow build the state anew.
        anew: bool,
    },
    /// A record of the journal.
    Record {
        /// Its position; they follow without a gap.
        position: Position,
        /// What the data path understands.
        bytes: &'a [u8],
    },
    /// The passive has every record up to a position.
    Acknowledge {
        /// The passive's process.
        incarnation: Incarnation,
        /// The epoch of the active whose records they are.
        epoch: Epoch,
        /// The last of them.
        position: Position,
    },
}

/// A payload that is not of its kind's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of kind {0} that is not of its form")]
pub struct WrongMessage(pub u8);

impl<'a> Message<'a> {
    /// Reads the payload of a frame of `kind`; greetings are no messages.
    pub fn read(kind: u8, payload: &'a [u8]) -> Result<Message<'a>, WrongMessage> {
        parse(kind, payload)
    }

    /// Appends it as a frame.
    pub fn write(&self, out: &mut Vec<u8>) {
        let tail = self.write_before(out);
        out.extend_from_slice(tail);
    }

    /// Appends it as a frame without its end, which is given back and is to be sent behind it: the bytes of a record.
    pub(crate) fn write_before(&self, out: &mut Vec<u8>) -> &'a [u8] {
        use riddhi_role::Message as M;
        let (kind, numbers, flag, bytes): (u8, &[u64], Option<bool>, &'a [u8]) = match self {
            Message::Machine(M::Heartbeat { from, epoch, sent_at, alive }) => {
                (HEARTBEAT, &[from.0, *epoch, *sent_at], Some(*alive), &[])
            }
            Message::Machine(M::Answer { from, epoch, sent_at, alive }) => {
                (ANSWER, &[from.0, *epoch, *sent_at], Some(*alive), &[])
            }
            Message::Machine(M::HandOver { epoch, position }) => (HAND_OVER, &[*epoch, *position], None, &[]),
            Message::Machine(M::AskHandOver) => (ASK, &[], None, &[]),
            Message::Begin { epoch, after, anew } => (BEGIN, &[*epoch, *after], Some(*anew), &[]),
            Message::Record { position, bytes } => (RECORD, &[*position], None, *bytes),
            Message::Acknowledge { incarnation, epoch, position } => {
                (ACKNOWLEDGE, &[incarnation.0, *epoch, *position], None, &[])
            }
        };
        frame::put(out, kind, bytes, |out| {
            numbers.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            out.extend(flag.map(u8::from));
        });
        bytes
    }
}

/// Reads a payload of a kind.
pub(crate) fn parse(kind: u8, payload: &[u8]) -> Result<Message<'_>, WrongMessage> {
    let wrong = WrongMessage(kind);
    let mut from = Bytes(payload);
    let mut number = || from.u64().ok_or(wrong);
    let message = match kind {
        HEARTBEAT | ANSWER => {
            let (of, epoch, sent_at) = (Incarnation(number()?), number()?, number()?);
            let alive = from.flag().ok_or(wrong)?;
            Message::Machine(match kind {
                HEARTBEAT => riddhi_role::Message::Heartbeat { from: of, epoch, sent_at, alive },
                _ => riddhi_role::Message::Answer { from: of, epoch, sent_at, alive },
            })
        }
        HAND_OVER => Message::Machine(riddhi_role::Message::HandOver { epoch: number()?, position: number()? }),
        ASK => Message::Machine(riddhi_role::Message::AskHandOver),
        BEGIN => {
            let (epoch, after) = (number()?, number()?);
            Message::Begin { epoch, after, anew: from.flag().ok_or(wrong)? }
        }
        RECORD => {
            let position = number()?;
            return Ok(Message::Record { position, bytes: from.0 });
        }
        ACKNOWLEDGE => {
            Message::Acknowledge { incarnation: Incarnation(number()?), epoch: number()?, position: number()? }
        }
        _ => return Err(wrong),
    };
    if from.0.is_empty() { Ok(message) } else { Err(wrong) }
}

/// What a node says of itself first: version, group, nonce, [`Hello`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub version: u16,
    pub group: String,
    pub nonce: [u8; 32],
    pub hello: Hello,
}

impl Greeting {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.version.to_le_bytes().to_vec();
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        text(&mut out, &self.group);
        out.extend_from_slice(&self.nonce);
        text(&mut out, self.hello.from.node.as_str());
        let Hello { from, epoch, line, position, active } = &self.hello;
        [from.incarnation.0, *epoch, *line, *position].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out.push(u8::from(*active));
        out
    }

    /// Reads one from the beginning of some bytes; gives the rest. Of another version only the version is read.
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Greeting, &[u8]), Result<u16, WrongMessage>> {
        let mut from = Bytes(bytes);
        let wrong = Err(WrongMessage(HELLO));
        let version = from.array().map(u16::from_le_bytes).ok_or(wrong)?;
        if version != VERSION {
            return Err(Ok(version));
        }
        let greeting = (|| {
            let group = from.text()?;
            let nonce = from.array()?;
            let node = from.text()?;
            let incarnation = Incarnation(from.u64()?);
            let hello = Hello {
                from: Holder { node: node.as_str().into(), incarnation },
                epoch: from.u64()?,
                line: from.u64()?,
                position: from.u64()?,
                active: from.flag()?,
            };
            Some(Greeting { version, group, nonce, hello })
        })();
        greeting.map(|g| (g, from.0)).ok_or(wrong)
    }
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        let n = u32::from_le_bytes(self.array()?) as usize;
        if n > NAME_BYTES_MAX {
            return None;
        }
        std::str::from_utf8(self.take(n)?).ok().map(str::to_owned)
    }
}
