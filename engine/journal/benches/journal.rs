//! Writing and reading frames of 1,024 entries of one event: text, double, int, long, bool.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riddhi_batch::{Attribute, Frame, Schema, Str, Type};
use riddhi_journal::{Inputs, JournalReader, JournalWriter};

const ENTRIES: usize = 1024;

fn journal(c: &mut Criterion) {
    let types = [Type::String, Type::Double, Type::Int, Type::Long, Type::Bool];
    let schema = Schema { attributes: types.iter().map(|&ty| Attribute::new(ty.to_string(), ty)).collect() };
    let inputs = Inputs::new([(0, "S", &schema)]);
    let mut frame = Frame::new([&schema]);
    for i in 0..ENTRIES {
        let (rows, _) = frame.rows_of(0);
        rows.ts.push(i as i64);
        rows.cols[0].push_str(Str::inline(b"symbol").expect("it is short"));
        rows.cols[1].push_f64(i as f64);
        rows.cols[2].push_i32(i as i32);
        rows.cols[3].push_i64(i as i64);
        rows.cols[4].push_bool(i % 2 == 0);
        frame.commit(0, i as i64, true);
    }
    let mut group = c.benchmark_group("journal");
    group.throughput(Throughput::Elements(ENTRIES as u64));
    group.bench_function("write", |b| {
        let mut writer = JournalWriter::new(std::io::sink(), &inputs, 0).expect("it takes everything");
        b.iter(|| {
            frame.base = writer.position();
            writer.append(&frame)
        });
    });
    let mut writer = JournalWriter::new(Vec::new(), &inputs, 0).expect("a vector takes everything");
    frame.base = 0;
    writer.append(&frame).expect("a vector takes everything");
    let bytes = writer.finish().expect("a vector takes everything");
    for cut in [ENTRIES, 64] {
        group.bench_function(format!("read, frames of {cut}"), |b| {
            let mut frame = Frame::new([&schema]);
            b.iter(|| {
                let mut reader = JournalReader::new(&bytes[..], &inputs).expect("it was just written");
                while reader.next(&mut frame, cut).expect("it was just written") {
                    black_box(frame.rows);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);
