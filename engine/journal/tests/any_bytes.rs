//! Whatever the bytes: the corpus that the fuzzer starts from, journals with bytes changed, and noise.

mod check;

use std::fs;

use proptest::prelude::*;
use riddhi_batch::{Frame, Value};
use riddhi_journal::JournalWriter;

/// A journal with rows of both streams, nulls, ticks and a note.
fn journal() -> Vec<u8> {
    let schemas = check::schemas();
    let mut frame = Frame::new(&schemas);
    for i in 0..3 {
        let (rows, arena) = frame.rows_of(0);
        rows.ts.push(i);
        for (column, ty) in rows.cols.iter_mut().zip(&schemas[0].attributes) {
            let value = match ty.ty {
                _ if i == 1 => Value::Null,
                riddhi_batch::Type::String => Value::Str("a text that is longer than a few bytes".into()),
                riddhi_batch::Type::Int => Value::Int(7),
                riddhi_batch::Type::Long => Value::Long(7),
                riddhi_batch::Type::Float => Value::Float(0.5),
                riddhi_batch::Type::Double => Value::Double(0.5),
                riddhi_batch::Type::Bool => Value::Bool(true),
                _ => Value::Set(vec![Value::Int(1)]),
            };
            assert!(column.push_value(&value, arena));
        }
        frame.commit(0, i, true);
        let (rows, arena) = frame.rows_of(1);
        rows.ts.push(i);
        assert!(rows.cols[0].push_value(&Value::Str("b".into()), arena));
        frame.commit(1, i, false);
        frame.tick(i + 1, true);
    }
    let mut writer = JournalWriter::new(Vec::new(), &check::inputs(&schemas), 0).unwrap();
    writer.append(&frame).unwrap();
    writer.note(b"noted").unwrap();
    writer.finish().unwrap()
}

#[test]
fn fuzz_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/reader");
    if std::env::var_os("RIDDHI_UPDATE").is_some() {
        fs::write(format!("{folder}/journal"), journal()).unwrap();
    }
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(!files.is_empty(), "the corpus is there");
    files.iter().for_each(|file| check::reader(&fs::read(file).unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check::reader(&bytes);
    }

    #[test]
    fn changed(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = journal();
        let len = bytes.len();
        changes.into_iter().for_each(|(at, byte)| bytes[at.index(len)] = byte);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(len));
        }
        check::reader(&bytes);
    }
}
