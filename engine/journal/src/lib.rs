//! The journal's byte format: the one ordered input of an engine, written and read back.
//!
//! ```
//! use riddhi_batch::{Attribute, Frame, Schema, Type};
//! use riddhi_journal::{Ending, Inputs, JournalReader, JournalWriter};
//!
//! let schema = Schema { attributes: vec![Attribute::new("v", Type::Int)] };
//! let inputs = Inputs::new([(0, "S", &schema)]);
//! let mut frame = Frame::new([&schema]);
//! for v in 1..=3 {
//!     let (rows, _arena) = frame.rows_of(0);
//!     rows.ts.push(1000);
//!     rows.cols[0].push_i32(v);
//!     frame.commit(0, 1000, true);
//! }
//! let mut writer = JournalWriter::new(Vec::new(), &inputs, 0)?;
//! writer.append(&frame)?;
//! let bytes = writer.finish()?;
//!
//! let mut reader = JournalReader::new(&bytes[..], &inputs)?;
//! let mut frame = Frame::new([&schema]);
//! let mut sizes = Vec::new();
//! while reader.next(&mut frame, 2)? {
//!     sizes.push((frame.base, frame.entries.len()));
//! }
//! assert_eq!(sizes, [(0, 2), (2, 1)]);
//! assert_eq!(reader.ending(), Some(Ending::Whole));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Format
//!
//! All numbers are little-endian. A journal is a header and records, the last of them an end record.
//!
//! | header | |
//! |---|---|
//! | magic | `RIDDHIJL` |
//! | version | u16 |
//! | length of what follows, without the checksum | u32 |
//! | position of the first entry | u64 |
//! | streams that entries may be of | u32, and for each: name, u32 attributes, for each: name, type u8, kind u8 |
//! | crc32c of all before | u32 |
//!
//! | record | |
//! |---|---|
//! | length of the payload | u32 |
//! | kind | u8: 1 entries, 2 end, 3 a note, 4 a query, 5 answers of stores |
//! | crc32c of the payload | u32 |
//! | crc32c of the nine bytes before | u32, so that a damaged length is not taken for a torn tail |
//! | payload | of an end record the position after the last entry (u64), of a note bytes that whoever writes the journal understands, of a query its position (u64), the clock (i64) and its text, of answers the position after the last entry that they are for (u64) and bytes that the engine understands, of entries: |
//! | position of the first, number of entries | u64, u32 |
//! | stream, rows, clock after it, whether it set the clock | a column of numbers each: u32, u32, i64, u8; a tick has stream `u32::MAX` |
//! | streams with rows | u32, and for each: number (u32), rows (u32), timestamps (numbers, i64), columns |
//! | a column | u8: whether there are nulls, if so a byte a row; the values: numbers, or texts, or of any type the lengths (numbers, u32), then all bytes |
//! | numbers | without what all of them share: see `packed.rs` |
//! | texts | each different one once, if they are few: see `texts.rs` |
//!
//! Names and texts are UTF-8; a name has its length (u32) before it. Values of any type are encoded as in snapshots, with
//! lengths as texts have.
//!
//! Invariants: only whole records are written; the reader never panics, whatever the bytes; it makes room for no more than
//! it has read; a record is taken whole or not at all. Record boundaries have no meaning: the reader cuts frames as asked,
//! but none goes beyond a run of entries that has answers, which stand before its first one.
//! Not here: files, and when to flush them; which stream a name stands for (the caller numbers them).

mod bytes;
mod decode;
mod encode;
mod header;
mod packed;
mod reader;
mod texts;
mod value;
mod writer;

pub use header::Inputs;
pub use reader::{Ending, JournalReader, Note, ReadError};
pub use writer::{JournalWriter, WriteError};

/// Bytes that a record's payload may have. The writer ends a record before it gets longer and refuses an entry that alone
/// is; the reader takes a longer one for damage.
pub const RECORD_BYTES_MAX: usize = 256 << 20;

/// Bytes at which the writer ends a record if a frame has more: a reader holds one record at a time.
const RECORD_BYTES_FULL: usize = 1 << 20;

/// Bytes that a header may have. A longer one is refused by both sides: no app has so many streams.
const HEADER_BYTES_MAX: usize = 16 << 20;

/// Rows at which the reader takes a frame for full, unless one entry alone has more.
pub const FRAME_ROWS_MAX: usize = 4096;

const MAGIC: &[u8; 8] = b"RIDDHIJL";
const VERSION: u16 = 2;

/// Bytes of a record before its payload.
const RECORD_HEAD: usize = 13;
const ENTRIES: u8 = 1;
const END: u8 = 2;
const NOTE: u8 = 3;
const QUERY: u8 = 4;
const ANSWERS: u8 = 5;

/// Bytes that the answers of stores to one run of entries may have.
pub const ANSWER_BYTES_MAX: usize = RECORD_BYTES_MAX - 8;

/// Bytes that a note may have.
pub const NOTE_BYTES_MAX: usize = 64 << 20;
