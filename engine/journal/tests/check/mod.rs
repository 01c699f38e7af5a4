//! What must hold for any bytes: run by the fuzzer, over its corpus, and over random bytes.

use riddhi_batch::{Attribute, Frame, Kind, Schema, Type};
use riddhi_journal::{Inputs, JournalReader};

/// Two streams: one of all kinds, one of a text alone.
pub fn schemas() -> [Schema; 2] {
    let types = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];
    let mut all: Vec<Attribute> = types.iter().map(|&ty| Attribute::new(format!("a_{ty}"), ty)).collect();
    all.push(Attribute { kind: Kind::Any, ..Attribute::new("cast", Type::Long) });
    [Schema { attributes: all }, Schema { attributes: vec![Attribute::new("text", Type::String)] }]
}

pub fn inputs(schemas: &[Schema; 2]) -> Inputs {
    Inputs::new([(0, "All", &schemas[0]), (1, "Text", &schemas[1])])
}

/// As a journal; with checksums put right, so that what they protect is reached; and as the payload of a record of entries and of a query.
pub fn reader(bytes: &[u8]) {
    read(bytes);
    read(&sealed(bytes));
    let mut journal = header();
    record(1, bytes, &mut journal);
    read(&journal);
    let mut journal = header();
    record(4, bytes, &mut journal);
    read(&journal);
}

/// All of it is read, and every frame is as if it had been filled by hand.
fn read(bytes: &[u8]) {
    let schemas = schemas();
    let mut frame = Frame::new(&schemas);
    let Ok(mut reader) = JournalReader::new(bytes, &inputs(&schemas)) else { return };
    while let Ok(true) = reader.next(&mut frame, 3) {
        assert!((1..=3).contains(&frame.entries.len()));
        assert!(frame.asked.is_empty() || frame.entries.len() == 1 && frame.rows == 0);
        assert_eq!(frame.rows, frame.entries.iter().map(|e| e.rows as usize).sum::<usize>());
        for flow in &frame.flows {
            let rows: usize = flow.chunks.iter().map(|c| c.rows as usize).sum();
            assert_eq!(flow.rows.len(), rows);
            for column in &flow.rows.cols {
                assert_eq!(column.len(), rows);
                (0..rows).for_each(|row| drop(column.value(row, &frame.arena)));
            }
        }
    }
}

fn header() -> Vec<u8> {
    riddhi_journal::JournalWriter::new(Vec::new(), &inputs(&schemas()), 0).and_then(|w| w.finish()).map_or_else(
        |_| Vec::new(),
        |mut all| {
            // Without the record that ends it.
            all.truncate(all.len() - 21);
            all
        },
    )
}

fn record(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.push(kind);
    out.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&out[start..start + 9]).to_le_bytes());
    out.extend_from_slice(payload);
}

/// The same lengths, kinds and payloads with the checksums that belong to them.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let word = |out: &[u8], at: usize| {
        out.get(at..at + 4).map_or(usize::MAX, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let put = |out: &mut Vec<u8>, at: usize, from: usize, to: usize| {
        let sum = out.get(from..to).map(crc32c::crc32c);
        if let (Some(sum), Some(room)) = (sum, out.get_mut(at..at + 4)) {
            room.copy_from_slice(&sum.to_le_bytes());
        }
    };
    let Some(end) = word(&out, 10).checked_add(14) else { return out };
    put(&mut out, end, 0, end);
    let Some(mut at) = end.checked_add(4) else { return out };
    while at < out.len() {
        let Some(end) = word(&out, at).checked_add(at + 13) else { return out };
        put(&mut out, at + 5, at + 13, end);
        put(&mut out, at + 9, at, at + 9);
        at = end;
    }
    out
}
