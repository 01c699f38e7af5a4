//! What an operator remembers, as bytes: the `State` trait and the writer and reader under it.
//!
//! Values are little-endian and unpadded; strings are written out with their length. What is written depends on what is
//! remembered only, never on capacities, arenas, frame boundaries or the history of saves and loads.

use crate::{Any, Arena, Column, Data, Kind, Str, Value};

/// Something that can be written to a snapshot and read back.
pub trait State {
    /// Appends what is remembered.
    fn save(&self, out: &mut Writer);
    /// Replaces what is remembered. After an error the value is unusable and the load as a whole is refused.
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError>;
}

/// Why a snapshot could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// What was wrong, to be read after the name of the element.
    pub what: String,
}

impl LoadError {
    /// An error that says `what`.
    pub fn new(what: impl Into<String>) -> LoadError {
        LoadError { what: what.into() }
    }
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for LoadError {}

/// Bytes being written.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    /// What was written so far.
    pub bytes: Vec<u8>,
}

macro_rules! plain {
    ($put:ident, $get:ident, $t:ty, $doc:literal) => {
        impl Writer {
            #[doc = concat!("Appends ", $doc, ".")]
            pub fn $put(&mut self, x: $t) {
                self.bytes.extend_from_slice(&x.to_le_bytes());
            }
        }
        impl Reader<'_> {
            #[doc = concat!("Reads ", $doc, ".")]
            pub fn $get(&mut self) -> Result<$t, LoadError> {
                Ok(<$t>::from_le_bytes(self.array()?))
            }
        }
    };
}

plain!(put_u8, get_u8, u8, "a byte");
plain!(put_u32, get_u32, u32, "a u32");
plain!(put_u64, get_u64, u64, "a u64");
plain!(put_i32, get_i32, i32, "an i32");
plain!(put_i64, get_i64, i64, "an i64");
plain!(put_f32, get_f32, f32, "an f32");
plain!(put_f64, get_f64, f64, "an f64");

impl Writer {
    /// Appends a length (u32) and the bytes.
    pub fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_u32(bytes.len() as u32);
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a bool as a byte.
    pub fn put_bool(&mut self, x: bool) {
        self.put_u8(x as u8);
    }

    /// Appends an i64 that may be none: a byte for whether it is there, then it or 0.
    pub fn put_optional_i64(&mut self, x: Option<i64>) {
        self.put_bool(x.is_some());
        self.put_i64(x.unwrap_or(0));
    }

    /// Appends row `i` of a column: a byte for null, then the value.
    pub fn put_row(&mut self, column: &Column, i: usize, arena: &Arena) {
        let null = column.is_null(i);
        self.put_bool(null);
        if null {
            return;
        }
        match &column.data {
            Data::I32(v) => self.put_i32(v[i]),
            Data::I64(v) => self.put_i64(v[i]),
            Data::F32(v) => self.put_f32(v[i]),
            Data::F64(v) => self.put_f64(v[i]),
            Data::Bool(v) => self.put_u8(v[i]),
            Data::Str(v) => self.put_bytes(v[i].bytes(arena)),
            Data::Any(v) => self.put_value(&v[i].value(arena)),
        }
    }

    /// Appends a value with its type.
    pub fn put_value(&mut self, value: &Value) {
        let mut bytes = Vec::new();
        crate::encoding::encode_all(std::slice::from_ref(value), &mut bytes);
        self.put_bytes(&bytes);
    }
}

/// Bytes being read; never reads past their end, never allocates before a length is checked.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes }
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// An error if anything is left.
    pub fn end(&self) -> Result<(), LoadError> {
        if self.bytes.is_empty() { Ok(()) } else { Err(LoadError::new("it is longer than it should be")) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(LoadError::new("it ends too early"));
        };
        self.bytes = rest;
        Ok(*head)
    }

    /// Reads what [`Writer::put_bytes`] wrote.
    pub fn get_bytes(&mut self) -> Result<&'a [u8], LoadError> {
        let len = self.get_u32()? as usize;
        let Some((head, rest)) = self.bytes.split_at_checked(len) else {
            return Err(LoadError::new("a length is larger than what follows"));
        };
        self.bytes = rest;
        Ok(head)
    }

    /// Reads a number of things that take at least `least` bytes each, so that a damaged number cannot make the caller
    /// reserve more than the snapshot could hold.
    pub fn get_count(&mut self, least: usize) -> Result<usize, LoadError> {
        let n = self.get_u64()?;
        if n.saturating_mul(least.max(1) as u64) > self.left() as u64 {
            return Err(LoadError::new("a count is larger than what follows"));
        }
        Ok(n as usize)
    }

    /// Reads a bool.
    pub fn get_bool(&mut self) -> Result<bool, LoadError> {
        Ok(self.get_u8()? != 0)
    }

    /// Reads what [`Writer::put_optional_i64`] wrote.
    pub fn get_optional_i64(&mut self) -> Result<Option<i64>, LoadError> {
        let there = self.get_bool()?;
        Ok(Some(self.get_i64()?).filter(|_| there))
    }

    /// Reads what [`Writer::put_value`] wrote.
    pub fn get_value(&mut self) -> Result<Value, LoadError> {
        crate::encoding::decode_all(self.get_bytes()?).pop().ok_or_else(|| LoadError::new("a value cannot be read"))
    }

    /// Reads what [`Writer::put_row`] wrote and appends it to `column`.
    pub fn get_row(&mut self, column: &mut Column, arena: &mut Arena) -> Result<(), LoadError> {
        if self.get_bool()? {
            column.push_null();
            return Ok(());
        }
        match column.kind() {
            Kind::I32 => column.push_i32(self.get_i32()?),
            Kind::I64 => column.push_i64(self.get_i64()?),
            Kind::F32 => column.push_f32(self.get_f32()?),
            Kind::F64 => column.push_f64(self.get_f64()?),
            Kind::Bool => column.push_bool(self.get_bool()?),
            Kind::Str => column.push_str(Str::new(self.get_bytes()?, arena)),
            Kind::Any => column.push_any(Any::new(&self.get_value()?, arena)),
        }
        Ok(())
    }
}
