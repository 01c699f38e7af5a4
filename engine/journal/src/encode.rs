//! Entries of a frame to a record's payload.

use riddhi_batch::{Any, Arena, Column, Data, Frame, Str, TICK, Writer};

/// Puts the entries `from..to` into `out`. `places`: by stream, its place in the journal's list.
pub fn encode(frame: &Frame, from: usize, to: usize, places: &[u32], out: &mut Vec<u8>) {
    let entries = &frame.entries[from..to];
    out.extend_from_slice(&(frame.base + from as u64).to_le_bytes());
    out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    let place = |stream: u32| if stream == TICK { TICK } else { places[stream as usize] };
    entries.iter().for_each(|e| out.extend_from_slice(&place(e.stream).to_le_bytes()));
    entries.iter().for_each(|e| out.extend_from_slice(&e.rows.to_le_bytes()));
    entries.iter().for_each(|e| out.extend_from_slice(&e.now.to_le_bytes()));
    out.extend(entries.iter().map(|e| e.sets as u8));
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
        out.extend_from_slice(bytemuck::cast_slice(&flow.rows.ts[first..end]));
        for column in &flow.rows.cols {
            encode_column(column, first, end, &frame.arena, out);
        }
    }
    out[count_at..count_at + 4].copy_from_slice(&count.to_le_bytes());
}

fn encode_column(column: &Column, first: usize, end: usize, arena: &Arena, out: &mut Vec<u8>) {
    let nulls = column.nulls.get(first..end).filter(|nulls| nulls.contains(&1));
    out.push(nulls.is_some() as u8);
    out.extend_from_slice(nulls.unwrap_or(&[]));
    match &column.data {
        Data::I32(v) => out.extend_from_slice(bytemuck::cast_slice(&v[first..end])),
        Data::I64(v) => out.extend_from_slice(bytemuck::cast_slice(&v[first..end])),
        Data::F32(v) => out.extend_from_slice(bytemuck::cast_slice(&v[first..end])),
        Data::F64(v) => out.extend_from_slice(bytemuck::cast_slice(&v[first..end])),
        Data::Bool(v) => out.extend_from_slice(&v[first..end]),
        Data::Str(v) => texts(column, v, first, end, out, |s: &Str, out| out.extend_from_slice(s.bytes(arena))),
        Data::Any(v) => texts(column, v, first, end, out, |x: &Any, out| {
            let mut value = Writer::default();
            value.put_value(&x.value(arena));
            // Without its own length, which stands before all of them.
            out.extend_from_slice(&value.bytes[4..]);
        }),
    }
}

/// Lengths, then bytes; nothing for null rows.
fn texts<T>(
    column: &Column,
    values: &[T],
    first: usize,
    end: usize,
    out: &mut Vec<u8>,
    put: impl Fn(&T, &mut Vec<u8>),
) {
    let lengths_at = out.len();
    out.resize(lengths_at + (end - first) * 4, 0);
    for (i, row) in (first..end).enumerate().filter(|(_, row)| !column.is_null(*row)) {
        let before = out.len();
        put(&values[row], out);
        let length = (out.len() - before) as u32;
        out[lengths_at + i * 4..lengths_at + i * 4 + 4].copy_from_slice(&length.to_le_bytes());
    }
}
