//! The streams that entries may be of, and a journal's header.

use riddhi_batch::{Attribute, Kind, Schema, Type};

use crate::bytes::{Cursor, Wrong, put_bytes};

/// The streams that entries may be of, as the app numbers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    streams: Vec<Input>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Number in frames.
    pub stream: u32,
    pub name: String,
    pub schema: Schema,
}

impl Inputs {
    /// Streams by number, name and shape.
    pub fn new<'a>(streams: impl IntoIterator<Item = (u32, &'a str, &'a Schema)>) -> Inputs {
        let input = |(stream, name, schema): (u32, &str, &Schema)| Input {
            stream,
            name: name.to_owned(),
            schema: schema.clone(),
        };
        Inputs { streams: streams.into_iter().map(input).collect() }
    }

    pub(crate) fn streams(&self) -> &[Input] {
        &self.streams
    }

    /// By number in frames: the place in the journal's list, `u32::MAX` if it is not an input.
    pub(crate) fn places(&self) -> Vec<u32> {
        let mut places = vec![u32::MAX; self.streams.iter().map(|s| s.stream as usize + 1).max().unwrap_or(0)];
        self.streams.iter().enumerate().for_each(|(place, s)| places[s.stream as usize] = place as u32);
        places
    }
}

/// The header's middle part: position and streams.
pub fn encode(inputs: &Inputs, base: u64) -> Vec<u8> {
    let mut out = base.to_le_bytes().to_vec();
    out.extend_from_slice(&(inputs.streams.len() as u32).to_le_bytes());
    for stream in &inputs.streams {
        put_bytes(&mut out, stream.name.as_bytes());
        out.extend_from_slice(&(stream.schema.attributes.len() as u32).to_le_bytes());
        for attribute in &stream.schema.attributes {
            put_bytes(&mut out, attribute.name.as_bytes());
            out.extend_from_slice(&[type_code(attribute.ty), type_code(attribute.kind.native())]);
        }
    }
    out
}

/// Position and streams; their numbers are their places.
pub fn decode(bytes: &[u8]) -> Result<(u64, Vec<Input>), Wrong> {
    let mut from = Cursor { rest: bytes };
    let base = from.u64()?;
    let mut streams = Vec::new();
    for stream in 0..from.u32()? {
        let name = text(&mut from)?;
        let mut attributes = Vec::new();
        for _ in 0..from.u32()? {
            let name = text(&mut from)?;
            let [ty, kind] = from.array()?;
            attributes.push(Attribute { name, ty: type_of(ty)?, kind: kind_of(kind)? });
        }
        streams.push(Input { stream, name, schema: Schema { attributes } });
    }
    from.end()?;
    Ok((base, streams))
}

fn text(from: &mut Cursor<'_>) -> Result<String, Wrong> {
    let text = std::str::from_utf8(from.bytes()?).map_err(|_| "a name is no text")?;
    Ok(text.to_owned())
}

const TYPES: [Type; 7] = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];

fn type_code(ty: Type) -> u8 {
    TYPES.iter().position(|t| *t == ty).map_or(0, |i| i as u8 + 1)
}

fn type_of(code: u8) -> Result<Type, Wrong> {
    let at = (code as usize).wrapping_sub(1);
    TYPES.get(at).copied().ok_or("an attribute has an unknown type")
}

fn kind_of(code: u8) -> Result<Kind, Wrong> {
    type_of(code).map(Type::kind)
}
