//! Sets in the form in which columns hold them: their members' encodings, one behind the other. Two members are the same exactly
//! if their encodings are.

use crate::{Any, Arena, Value, encoding};

/// The members of an encoded set, each as its own encoding. Damaged bytes end them early.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
}

impl<'a> Members<'a> {
    /// Those of a value of an `any` column; none if it is no set.
    pub fn of(value: Any, arena: &'a Arena) -> Members<'a> {
        Members { bytes: value.set_bytes(arena).unwrap_or(&[]) }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(encoding::length(self.bytes)?)?;
        self.bytes = rest;
        Some(head)
    }
}

/// The hash that Java gives a member: it decides the order in which Siddhi's sets are listed.
pub fn member_hash(member: &[u8]) -> u32 {
    let mut bytes = member;
    match encoding::decode(&mut bytes) {
        None | Some(Value::Set(_)) => 0,
        Some(value) => value.hash(),
    }
}
