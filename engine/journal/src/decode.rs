//! A record's payload to entries of a frame.

use riddhi_batch::{Any, Arena, Chunk, Column, Data, Entry, Flow, Frame, Reader, TICK};

use crate::bytes::{Cursor, Wrong};
use crate::{packed, texts, value};

/// Replaces what is in `frame`, whose streams are numbered by their places in the journal's list. `now`: the clock after
/// the entry before. After an error the frame must be reset.
pub fn decode(payload: &[u8], now: i64, frame: &mut Frame) -> Result<(), Wrong> {
    let mut from = Cursor { rest: payload };
    frame.reset(from.u64()?);
    let n = from.u32()? as usize;
    let (streams, rows) = (packed::all::<u32>(&mut from, n)?, packed::all::<u32>(&mut from, n)?);
    let (nows, sets) = (packed::all::<i64>(&mut from, n)?, packed::all::<u8>(&mut from, n)?);
    let mut before = now;
    for (((stream, rows), now), sets) in streams.into_iter().zip(rows).zip(nows).zip(sets) {
        if now < before || sets > 1 {
            return Err("an entry's clock cannot be");
        }
        before = now;
        entry(frame, stream, rows, now, sets == 1)?;
    }
    let mut with_rows = 0;
    for _ in 0..from.u32()? {
        let stream = from.u32()? as usize;
        let rows = from.u32()? as usize;
        let flow = frame.flows.get_mut(stream).ok_or("rows are of an unknown stream")?;
        if rows == 0 || rows != rows_of(flow) || !flow.rows.is_empty() {
            return Err("the rows are not those of the entries");
        }
        packed::take(&mut from, rows, &mut flow.rows.ts, |ts: i64| ts)?;
        for column in &mut flow.rows.cols {
            decode_column(&mut from, rows, column, &mut frame.arena)?;
        }
        with_rows += 1;
    }
    if with_rows != frame.touched.len() {
        return Err("the rows are not those of the entries");
    }
    from.end()
}

/// The same of a query's record.
pub fn decode_query(payload: &[u8], now: i64, frame: &mut Frame) -> Result<(), Wrong> {
    let mut from = Cursor { rest: payload };
    frame.reset(from.u64()?);
    let at = from.u64()? as i64;
    let text = std::str::from_utf8(from.rest).map_err(|_| "a query is no text")?;
    if at < now {
        return Err("an entry's clock cannot be");
    }
    if text.is_empty() {
        return Err("a query has no text");
    }
    frame.ask(text, at);
    Ok(())
}

fn rows_of(flow: &Flow) -> usize {
    flow.chunks.last().map_or(0, |c| (c.first + c.rows) as usize)
}

fn entry(frame: &mut Frame, stream: u32, rows: u32, now: i64, sets: bool) -> Result<(), Wrong> {
    if stream == TICK {
        frame.tick(now, sets);
        return if rows == 0 { Ok(()) } else { Err("a tick has rows") };
    }
    let flow = frame.flows.get_mut(stream as usize).ok_or("an entry is of an unknown stream")?;
    let first = rows_of(flow) as u32;
    if rows == 0 || first.checked_add(rows).is_none() {
        return Err("an entry's number of rows cannot be");
    }
    if flow.chunks.is_empty() {
        frame.touched.push(stream);
    }
    let step = frame.entries.len() as u32;
    flow.chunks.push(Chunk { step, cause: step, first, rows });
    flow.committed = first + rows;
    frame.entries.push(Entry { stream, first, rows, sets, now });
    frame.rows += rows as usize;
    Ok(())
}

fn decode_column(from: &mut Cursor<'_>, n: usize, column: &mut Column, arena: &mut Arena) -> Result<(), Wrong> {
    let nulls: &[u8] = match from.u8()? {
        0 => &[],
        1 => from.take(n)?,
        _ => return Err("a column's mark of nulls is damaged"),
    };
    truths(nulls)?;
    column.nulls.extend_from_slice(nulls);
    match &mut column.data {
        Data::I32(v) => packed::take(from, n, v, |x: i32| x)?,
        Data::I64(v) => packed::take(from, n, v, |x: i64| x)?,
        Data::F32(v) => packed::take(from, n, v, |x: f32| x)?,
        Data::F64(v) => packed::take(from, n, v, |x: f64| x)?,
        Data::Bool(v) => {
            let before = v.len();
            packed::take(from, n, v, |x: u8| x)?;
            truths(&v[before..])?;
        }
        Data::Str(v) => texts::take(from, n, v, arena)?,
        Data::Any(v) => {
            for (row, length) in packed::all::<u32>(from, n)?.into_iter().enumerate() {
                let bytes = from.take(length as usize)?;
                v.push(any(bytes, nulls.get(row) == Some(&1), arena)?);
            }
        }
    }
    Ok(())
}

fn any(bytes: &[u8], null: bool, arena: &mut Arena) -> Result<Any, Wrong> {
    if null {
        return if bytes.is_empty() { Ok(Any::NOTHING) } else { Err("a null has a value") };
    }
    value::check(bytes)?;
    let mut framed = Vec::new();
    crate::bytes::put_bytes(&mut framed, bytes);
    let value = Reader::new(&framed).get_value().map_err(|_| "a value cannot be read")?;
    Ok(Any::new(&value, arena))
}

fn truths(bytes: &[u8]) -> Result<(), Wrong> {
    if bytes.iter().all(|&b| b <= 1) { Ok(()) } else { Err("a truth value is neither 0 nor 1") }
}
