//! Entries of a frame to a record's payload.

use riddhi_batch::{Any, Arena, Column, Data, Frame, TICK, Writer};

use crate::{packed, texts};

/// Room that is used again from record to record.
#[derive(Debug, Default)]
pub struct Room {
    words: Vec<u32>,
    longs: Vec<i64>,
    bytes: Vec<u8>,
    texts: texts::Room,
}

impl Room {
    /// What a column of numbers is made of.
    fn words(&mut self, words: impl Iterator<Item = u32>) -> &[u32] {
        self.words.clear();
        self.words.extend(words);
        &self.words
    }
}

/// Puts the entries `from..to` into `out`. `places`: by stream, its place in the journal's list.
pub fn encode(frame: &Frame, from: usize, to: usize, places: &[u32], room: &mut Room, out: &mut Vec<u8>) {
    let entries = &frame.entries[from..to];
    out.extend_from_slice(&(frame.base + from as u64).to_le_bytes());
    out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    let place = |stream: u32| if stream == TICK { TICK } else { places[stream as usize] };
    packed::put(room.words(entries.iter().map(|e| place(e.stream))), out);
    packed::put(room.words(entries.iter().map(|e| e.rows)), out);
    room.longs.clear();
    room.longs.extend(entries.iter().map(|e| e.now));
    packed::put(&room.longs, out);
    room.bytes.clear();
    room.bytes.extend(entries.iter().map(|e| e.sets as u8));
    packed::put(&room.bytes, out);
    let count_at = out.len();
    let mut count = 0u32;
    out.extend_from_slice(&count.to_le_bytes());
    for &stream in &frame.touched {
        let flow = &frame.flows[stream as usize];
        // Chunks tile the rows, in order of their entries.
        let first_row = |entry: usize| {
            let chunk = flow.chunks.partition_point(|c| (c.step as usize) < entry);
            flow.chunks.get(chunk).map_or(flow.rows.len(), |c| c.first as usize)
        };
        let (first, end) = (first_row(from), first_row(to));
        if end == first {
            continue;
        }
        count += 1;
        out.extend_from_slice(&place(stream).to_le_bytes());
        out.extend_from_slice(&((end - first) as u32).to_le_bytes());
        packed::put(&flow.rows.ts[first..end], out);
        for column in &flow.rows.cols {
            encode_column(column, first, end, &frame.arena, room, out);
        }
    }
    out[count_at..count_at + 4].copy_from_slice(&count.to_le_bytes());
}

fn encode_column(column: &Column, first: usize, end: usize, arena: &Arena, room: &mut Room, out: &mut Vec<u8>) {
    let nulls = column.nulls.get(first..end).filter(|nulls| nulls.contains(&1));
    out.push(nulls.is_some() as u8);
    out.extend_from_slice(nulls.unwrap_or(&[]));
    match &column.data {
        Data::I32(v) => packed::put(&v[first..end], out),
        Data::I64(v) => packed::put(&v[first..end], out),
        Data::F32(v) => packed::put(&v[first..end], out),
        Data::F64(v) => packed::put(&v[first..end], out),
        Data::Bool(v) => packed::put(&v[first..end], out),
        Data::Str(v) => texts::put(column, &v[first..end], first, arena, &mut room.texts, out),
        Data::Any(v) => anys(column, &v[first..end], first, arena, out),
    }
}

/// Lengths, then bytes of values of any type; nothing for null rows.
fn anys(column: &Column, values: &[Any], first: usize, arena: &Arena, out: &mut Vec<u8>) {
    let (mut lengths, mut encoded) = (vec![0u32; values.len()], Vec::new());
    for (row, value) in values.iter().enumerate().filter(|(row, _)| !column.is_null(first + row)) {
        let mut writer = Writer::default();
        writer.put_value(&value.value(arena));
        // Without its own length, which stands before all of them.
        encoded.extend_from_slice(&writer.bytes[4..]);
        lengths[row] = (writer.bytes.len() - 4) as u32;
    }
    packed::put(&lengths, out);
    out.extend_from_slice(&encoded);
}
