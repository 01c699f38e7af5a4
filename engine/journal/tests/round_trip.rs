//! What is written is read back, however it is cut; damage is never taken for entries.

use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;
use riddhi_batch::{Attribute, Frame, Kind, Schema, Type, Value};
use riddhi_journal::{Ending, FRAME_ROWS_MAX, Inputs, JournalReader, JournalWriter, ReadError, WriteError};

/// Three streams of which the first two take input: one of all kinds, one of a text alone.
fn schemas() -> [Schema; 3] {
    let types = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];
    let mut all: Vec<Attribute> = types.iter().map(|&ty| Attribute::new(format!("a_{ty}"), ty)).collect();
    // Declared otherwise than it is, as after a cast.
    all.push(Attribute { kind: Kind::Any, ..Attribute::new("cast", Type::Long) });
    let text = Schema { attributes: vec![Attribute::new("text", Type::String)] };
    [Schema { attributes: all }, text.clone(), text]
}

/// In the journal the streams have other numbers than here.
fn inputs(schemas: &[Schema; 3]) -> Inputs {
    Inputs::new([(1, "Text", &schemas[1]), (0, "All", &schemas[0])])
}

/// One entry: a stream and rows of values, a query, or a tick; milliseconds since the entry before; whether it sets the clock.
#[derive(Clone, Debug)]
struct In {
    stream: Option<u32>,
    asked: Option<String>,
    rows: Vec<(i64, Vec<Value>)>,
    later: i64,
    sets: bool,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zé]{0,5}", "[a-z ]{10,16}", "[a-zλ𝄞]{0,3}", Just("long ".repeat(50))]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        any::<f32>().prop_map(Value::Float),
        any::<f64>().prop_map(Value::Double),
        any::<bool>().prop_map(Value::Bool),
        text().prop_map(|s| Value::Str(s.into())),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::Set))
}

fn row() -> impl Strategy<Value = Vec<Value>> {
    let values = (
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        any::<f32>().prop_map(Value::Float),
        any::<f64>().prop_map(Value::Double),
        any::<bool>().prop_map(Value::Bool),
        text().prop_map(|s| Value::Str(s.into())),
        any_value(),
        any_value(),
    );
    // Which are null: none of them, often.
    (values, prop_oneof![Just(0u8), any::<u8>()]).prop_map(|((a, b, c, d, e, f, g, h), nulls)| {
        let null = |(i, v)| if nulls >> i & 1 == 1 { Value::Null } else { v };
        [a, b, c, d, e, f, g, h].into_iter().enumerate().map(null).collect()
    })
}

fn entry() -> impl Strategy<Value = In> {
    let all = prop::collection::vec((any::<i64>(), row()), 1..4).prop_map(|rows| (Some(0), rows));
    let some = prop_oneof![text().prop_map(|s| Value::Str(s.into())), Just(Value::Null)];
    let texts = prop::collection::vec((any::<i64>(), prop::collection::vec(some, 1)), 1..4);
    let texts = texts.prop_map(|rows| (Some(1), rows));
    let event = prop_oneof![all, texts, Just((None, Vec::new()))];
    let event = (event, any::<bool>()).prop_map(|((stream, rows), sets)| (stream, rows, None, sets));
    let query = "[a-zé]{1,40}".prop_map(|text| (None, Vec::new(), Some(text), false));
    let of = prop_oneof![6 => event, 1 => query];
    (of, 0..5i64).prop_map(|((stream, rows, asked, sets), later)| In { stream, asked, rows, later, sets })
}

/// Fills frames of `cut` entries each at most; a query has one of its own.
fn frames(entries: &[In], cut: usize, base: u64) -> Vec<Frame> {
    let schemas = schemas();
    let mut now = -3;
    let mut at = base;
    let fill = |entries: &[In]| {
        let mut frame = Frame::new(&schemas);
        frame.reset(at);
        for entry in entries {
            now += entry.later;
            at += 1;
            if let Some(query) = &entry.asked {
                frame.ask(query, now);
                continue;
            }
            let Some(stream) = entry.stream else {
                frame.tick(now, entry.sets);
                continue;
            };
            for (ts, row) in &entry.rows {
                let (rows, arena) = frame.rows_of(stream);
                rows.ts.push(*ts);
                for (column, value) in rows.cols.iter_mut().zip(row) {
                    assert!(column.push_value(value, arena));
                }
            }
            frame.commit(stream, now, entry.sets);
        }
        frame
    };
    let runs = entries.chunk_by(|a, b| a.asked.is_none() && b.asked.is_none());
    runs.flat_map(|run| run.chunks(cut)).map(fill).collect()
}

/// All entries of frames as text, a line each.
fn lines(frame: &Frame) -> Vec<String> {
    let line = |(i, e): (usize, &riddhi_batch::Entry)| {
        let mut text = format!("{} {} {} {} {}", frame.base + i as u64, e.stream as i32, e.now, e.sets, frame.asked);
        for row in e.first..e.first + e.rows {
            let rows = &frame.flows[e.stream as usize].rows;
            text += &format!(" | {}", rows.ts[row as usize]);
            for column in &rows.cols {
                text += &format!(" {:?}", column.value(row as usize, &frame.arena));
            }
        }
        text
    };
    frame.entries.iter().enumerate().map(line).collect()
}

/// A frame must be as if it had been filled by hand.
fn check(frame: &Frame) {
    assert!(frame.asked.is_empty() || frame.entries.len() == 1 && frame.rows == 0);
    assert_eq!(frame.rows, frame.entries.iter().map(|e| e.rows as usize).sum::<usize>());
    for (number, flow) in frame.flows.iter().enumerate() {
        let mine = |e: &&riddhi_batch::Entry| e.stream == number as u32;
        let rows: usize = frame.entries.iter().filter(mine).map(|e| e.rows as usize).sum();
        assert_eq!(frame.touched.contains(&(number as u32)), rows > 0);
        assert_eq!(flow.chunks.len(), frame.entries.iter().filter(mine).count());
        for chunk in &flow.chunks {
            let entry = frame.entries[chunk.step as usize];
            assert_eq!((entry.first, entry.rows, chunk.step), (chunk.first, chunk.rows, chunk.cause));
        }
        assert_eq!(flow.rows.len(), rows);
        for column in &flow.rows.cols {
            assert_eq!(column.len(), rows);
            assert!(column.nulls.is_empty() || column.nulls.len() == rows);
        }
    }
}

fn write(frames: &[Frame], base: u64) -> Vec<u8> {
    let mut writer = JournalWriter::new(Vec::new(), &inputs(&schemas()), base).unwrap();
    frames.iter().for_each(|f| writer.append(f).unwrap());
    writer.finish().unwrap()
}

/// All lines that can be read, and how it ended.
fn read(bytes: &[u8], cut: usize) -> (Vec<String>, Result<Ending, ReadError>) {
    let mut seen = Vec::new();
    let mut reader = match JournalReader::new(bytes, &inputs(&schemas())) {
        Ok(reader) => reader,
        Err(e) => return (seen, Err(e)),
    };
    let mut frame = Frame::new(&schemas());
    loop {
        match reader.next(&mut frame, cut) {
            Ok(true) => {
                assert!(frame.entries.len() <= cut && !frame.is_empty());
                check(&frame);
                seen.extend(lines(&frame));
                assert_eq!(reader.position(), frame.base + frame.entries.len() as u64);
            }
            Ok(false) => return (seen, Ok(reader.ending().expect("it has ended"))),
            Err(e) => return (seen, Err(e)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 150 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entries_survive(entries in prop::collection::vec(entry(), 0..40), cut in 1..20usize, again in 1..20usize, base in 0..9u64) {
        let frames = frames(&entries, cut, base);
        let expected: Vec<String> = frames.iter().flat_map(lines).collect();
        let (seen, ending) = read(&write(&frames, base), again);
        prop_assert_eq!(seen, expected);
        prop_assert_eq!(ending.unwrap(), Ending::Whole);
    }

    #[test]
    fn noise_is_no_journal(noise in prop::collection::vec(any::<u8>(), 0..200), keep in 0..80usize, entries in prop::collection::vec(entry(), 1..4)) {
        let mut bytes = write(&frames(&entries, 2, 0), 0);
        bytes.truncate(keep);
        bytes.extend(noise);
        let _ = read(&bytes, 3);
    }
}

/// A small journal of everything, in three records, and its lines.
fn small() -> (Vec<u8>, Vec<String>) {
    let value = |s: &str| Value::Str(s.into());
    let text = |s: &str| In { stream: Some(1), asked: None, rows: vec![(5, vec![value(s)])], later: 1, sets: true };
    let set = Value::Set(vec![Value::Int(1), value("member")]);
    let full = vec![
        Value::Int(-1),
        Value::Null,
        Value::Float(1.5),
        Value::Double(-0.0),
        Value::Bool(true),
        value("a text that is longer than twelve"),
        set,
        Value::Long(7),
    ];
    let entries = [
        text("short"),
        In { stream: Some(0), asked: None, rows: vec![(1, full.clone()), (2, full)], later: 0, sets: false },
        In { stream: None, asked: None, rows: Vec::new(), later: 9, sets: true },
        text("another long text, to be sure"),
        text(""),
    ];
    let frames = frames(&entries, 2, 40);
    (write(&frames, 40), frames.iter().flat_map(lines).collect())
}

#[test]
fn every_truncation_gives_whole_entries_or_an_error() {
    let (bytes, expected) = small();
    let (all, ending) = read(&bytes, 2);
    assert_eq!((all, ending.unwrap()), (expected.clone(), Ending::Whole));
    let mut counts = Vec::new();
    for keep in 0..bytes.len() {
        let (seen, ending) = read(&bytes[..keep], 2);
        assert_eq!(seen[..], expected[..seen.len()]);
        match ending {
            Ok(Ending::Cut { offset, torn_bytes }) => assert_eq!(offset + torn_bytes, keep as u64),
            Ok(Ending::Whole) => panic!("cut at {keep}, but whole"),
            Err(e) => assert!(seen.is_empty(), "cut at {keep}: {e}"),
        }
        counts.push(seen.len());
    }
    counts.dedup();
    assert_eq!(counts, [0, 2, 4, 5], "whole records count");
}

#[test]
fn every_flipped_byte_is_an_error() {
    let (bytes, expected) = small();
    for at in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            let (seen, ending) = read(&bytes, 2);
            assert!(ending.is_err(), "byte {at} ^ {flip}: {ending:?}");
            assert_eq!(seen[..], expected[..seen.len()]);
            if let Err(ReadError::Damaged { offset, position, .. }) = ending {
                assert!(offset <= at as u64);
                assert!(position == 0 || position == 40 + seen.len() as u64);
            }
        }
    }
}

#[test]
fn a_record_that_is_missing_or_there_twice_is_an_error() {
    let (bytes, _) = small();
    // Where records begin: after the header, then by their lengths.
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let first = 14 + word(10) + 4;
    let second = first + 13 + word(first);
    let missing = [&bytes[..first], &bytes[second..]].concat();
    let twice = [&bytes[..second], &bytes[first..]].concat();
    for bytes in [missing, twice] {
        let (_, ending) = read(&bytes, 9);
        assert!(ending.unwrap_err().to_string().contains("does not follow"));
    }
    let (_, ending) = read(&[&bytes[..], b"x"].concat(), 9);
    assert!(ending.unwrap_err().to_string().contains("after the end"));
}

#[test]
fn large_frames_are_cut_and_small_ones_joined() {
    let text = |n: usize| In {
        asked: None,
        stream: Some(1),
        rows: vec![(5, vec![Value::Str("x".repeat(n).into())])],
        later: 1,
        sets: true,
    };
    let entries: Vec<In> = (0..300).map(|i| text(20_000 + i)).collect();
    let frames = frames(&entries, 1000, 0);
    let expected: Vec<String> = frames.iter().flat_map(lines).collect();
    let bytes = write(&frames, 0);
    assert_eq!(read(&bytes, usize::MAX).0, expected);
    let small = self::frames(&entries, 1, 0);
    let mut reader = JournalReader::new(&write(&small, 0)[..], &inputs(&schemas())).map(|_| ()).err();
    assert!(reader.take().is_none());
    let bytes = write(&small, 0);
    let mut reader = JournalReader::new(&bytes[..], &inputs(&schemas())).unwrap();
    let mut frame = Frame::new(&schemas());
    assert!(reader.next(&mut frame, 1000).unwrap());
    assert_eq!(lines(&frame), expected, "one frame of many records");
}

#[test]
fn a_frame_is_full_by_rows_too() {
    let rows = |n: usize| (0..n).map(|i| (i as i64, vec![Value::Null])).collect();
    let entries: Vec<In> =
        (0..10).map(|_| In { stream: Some(1), asked: None, rows: rows(1500), later: 0, sets: true }).collect();
    let bytes = write(&frames(&entries, 10, 0), 0);
    let mut reader = JournalReader::new(&bytes[..], &inputs(&schemas())).unwrap();
    let mut frame = Frame::new(&schemas());
    let mut sizes = Vec::new();
    while reader.next(&mut frame, 100).unwrap() {
        assert!(frame.rows < FRAME_ROWS_MAX + 1500);
        sizes.push(frame.entries.len());
    }
    assert_eq!(sizes, [3, 3, 3, 1]);
}

#[test]
fn other_apps_are_told_by_their_streams() {
    let (bytes, _) = small();
    let schemas = schemas();
    let error = |inputs: &Inputs| JournalReader::new(&bytes[..], inputs).unwrap_err().to_string();
    let one = Inputs::new([(0, "All", &schemas[0])]);
    assert_eq!(error(&one), "the journal is of another app: this app has no stream 'Text'");
    let other = Inputs::new([(0, "All", &schemas[1]), (1, "Text", &schemas[1])]);
    assert_eq!(error(&other), "the journal is of another app: stream 'All' has other attributes there");
    assert_eq!(JournalReader::new(&b"RIDDHIX "[..], &one).unwrap_err().to_string(), "this is no journal of Riddhi");
    assert_eq!(JournalReader::new(&b""[..], &one).unwrap_err().to_string(), "this is no journal of Riddhi");
    let newer = b"RIDDHIJL\x09\0\0\0\0\0";
    assert!(matches!(JournalReader::new(&newer[..], &one), Err(ReadError::Version(9))));
}

#[test]
fn what_cannot_be_written_is_said() {
    let schemas = schemas();
    let text = In { stream: Some(1), asked: None, rows: vec![(5, vec![Value::Null])], later: 1, sets: true };
    let frames = frames(&[text], 1, 7);
    let mut writer = JournalWriter::new(Vec::new(), &inputs(&schemas), 0).unwrap();
    assert!(matches!(writer.append(&frames[0]), Err(WriteError::Position { found: 7, expected: 0 })));
    let mut writer = JournalWriter::new(Vec::new(), &Inputs::new([(0, "All", &schemas[0])]), 7).unwrap();
    assert!(matches!(writer.append(&frames[0]), Err(WriteError::Stream { position: 7, stream: 1 })));
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = JournalWriter::new(Full(300), &inputs(&schemas), 7).unwrap();
    assert!(matches!(
        frames.iter().cycle().take(9).enumerate().try_for_each(|(i, f)| {
            let mut frame = f.clone();
            frame.base += i as u64;
            writer.append(&frame)
        }),
        Err(WriteError::Io(_))
    ));
}

#[test]
fn errors_of_reading_come_after_the_entries_before() {
    struct Broken<'a>(&'a [u8]);
    impl Read for Broken<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            // One byte at a time, and no end.
            match self.0.split_first() {
                Some((byte, rest)) => {
                    to[0] = *byte;
                    self.0 = rest;
                    Ok(1)
                }
                None => Err(io::ErrorKind::ConnectionReset.into()),
            }
        }
    }
    let (bytes, expected) = small();
    let mut reader = JournalReader::new(Broken(&bytes[..bytes.len() - 30]), &inputs(&schemas())).unwrap();
    let mut frame = Frame::new(&schemas());
    assert!(reader.next(&mut frame, 100).unwrap());
    assert_eq!(lines(&frame), expected[..4]);
    assert!(matches!(reader.next(&mut frame, 100), Err(ReadError::Io { .. })));
}

#[test]
fn notes_stand_between_entries_and_change_none() {
    let schema = Schema { attributes: vec![Attribute::new("v", Type::Int)] };
    let inputs = Inputs::new([(0, "S", &schema)]);
    let mut writer = JournalWriter::new(Vec::new(), &inputs, 5).unwrap();
    writer.note(b"start").unwrap();
    let mut frame = Frame::new([&schema]);
    frame.reset(5);
    frame.tick(1, true);
    frame.tick(2, true);
    writer.append(&frame).unwrap();
    writer.note(b"").unwrap();
    let bytes = writer.finish().unwrap();
    let mut reader = JournalReader::new(&bytes[..], &inputs).unwrap();
    reader.prime();
    let first = reader.note().unwrap();
    assert_eq!((first.position, &first.bytes[..]), (5, &b"start"[..]));
    assert_eq!(reader.position(), 5);
    let mut read = Frame::new([&schema]);
    assert!(reader.next(&mut read, 10).unwrap());
    assert_eq!(read.entries, frame.entries);
    assert!(!reader.next(&mut read, 10).unwrap());
    let last = reader.note().unwrap();
    assert_eq!((last.position, &last.bytes[..]), (7, &b""[..]));
    // An end record, whose payload has eight bytes, comes after it.
    assert_eq!(bytes.len() as u64 - last.offset, 13 + 8);
    assert_eq!(reader.ending(), Some(Ending::Whole));
}

#[test]
fn a_journal_is_followed_while_it_grows() {
    let schemas = schemas();
    let mut bytes = Vec::new();
    let (mut ends, mut frame) = (Vec::new(), Frame::new(&schemas));
    let mut writer = JournalWriter::new(&mut bytes, &inputs(&schemas), 7).unwrap();
    writer.note(b"start").unwrap();
    for base in [7, 9, 11] {
        frame.reset(base);
        frame.tick(base as i64, true);
        if base == 9 {
            writer.append(&frame).unwrap();
            frame.reset(base + 1);
            frame.ask("delete T on true", base as i64 + 1);
        } else {
            frame.tick(base as i64 + 1, true);
        }
        writer.append(&frame).unwrap();
        writer.note(format!("up to {}", base + 2).as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let whole = JournalReader::new(Cursor::new(&bytes[..]), &inputs(&schemas)).unwrap().last_note().unwrap().unwrap();
    assert_eq!((whole.position, &whole.bytes[..]), (13, &b"up to 13"[..]));
    // Byte by byte: what is whole is read, once.
    let file = std::env::temp_dir().join(format!("riddhi-grows-{}", std::process::id()));
    let mut out = std::fs::File::create(&file).unwrap();
    let mut reader = None;
    for byte in &bytes {
        out.write_all(&[*byte]).unwrap();
        let Some(reader) = &mut reader else {
            reader = JournalReader::new(std::fs::File::open(&file).unwrap(), &inputs(&schemas)).ok();
            continue;
        };
        reader.again().unwrap();
        let noted = reader.last_note().unwrap().map(|n| n.position);
        while reader.next(&mut frame, 1).unwrap() {
            assert!(noted <= Some(frame.base));
            ends.push(frame.base);
        }
    }
    assert_eq!(ends, [7, 8, 9, 10, 11, 12]);
    assert_eq!(reader.unwrap().ending(), Some(Ending::Whole));
    std::fs::remove_file(&file).unwrap();
}
