//! What a line costs: read into a frame, and printed.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riddhi_batch::{Attribute, Frame, Schema, Type};
use riddhi_cli::input::csv::{CsvSettings, TimeFormat};
use riddhi_cli::input::{InputStream, Item, Records};
use riddhi_cli::output::{Format, Printer, Rows, Target, What};

const LINES: usize = 1024;

fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::new("symbol", Type::String),
        Attribute::new("price", Type::Double),
        Attribute::new("volume", Type::Int),
        Attribute::new("t", Type::Long),
        Attribute::new("venue", Type::String),
    ]
}

fn stream() -> InputStream {
    InputStream { number: 0, name: "Trades".into(), attributes: attributes() }
}

/// Lines of about 130 bytes.
fn jsonl() -> Vec<String> {
    let line = |i: usize| {
        format!(
            "{{\"stream\":\"Trades\",\"ts\":{},\"data\":{{\"symbol\":\"S{}\",\"price\":{}.{:02},\"volume\":{},\"t\":{},\"venue\":\"{}\"}}}}",
            1_600_000_000_000u64 + i as u64,
            i % 100,
            i % 97,
            i % 100,
            i * 7,
            1_600_000_000_000u64 + i as u64 * 3,
            ["Frankfurt", "New York Stock Exchange"][i % 2],
        )
    };
    (0..LINES).map(line).collect()
}

fn csv() -> Vec<String> {
    let line = |i: usize| {
        format!("{},S{},{}.{:02},{},{i},Frankfurt", 1_600_000_000_000u64 + i as u64, i % 100, i % 97, i % 100, i * 7)
    };
    (0..LINES).map(line).collect()
}

fn read(records: &mut Records, lines: &[String], frame: &mut Frame) {
    frame.reset(0);
    for line in lines {
        if let Ok(Item::Chunk { stream, ts, .. }) = records.read(line.as_bytes(), 0, frame) {
            frame.commit(stream, ts.unwrap_or(0), true);
        }
    }
    assert_eq!(frame.rows, lines.len());
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Elements(LINES as u64));
    let mut frame = Frame::new(&[Schema { attributes: attributes() }]);
    let lines = jsonl();
    let mut records = Records::jsonl(&[stream()]);
    group.bench_function("jsonl", |b| b.iter(|| read(&mut records, black_box(&lines), &mut frame)));
    let settings = CsvSettings { stream: None, time_column: Some("time".into()), time_format: TimeFormat::Millis };
    let mut records = Records::csv(&[stream()], settings).unwrap();
    records.read(b"time,symbol,price,volume,t,venue", 0, &mut frame).unwrap();
    let lines = csv();
    group.bench_function("csv", |b| b.iter(|| read(&mut records, black_box(&lines), &mut frame)));
}

fn printing(c: &mut Criterion) {
    let mut frame = Frame::new(&[Schema { attributes: attributes() }]);
    read(&mut Records::jsonl(&[stream()]), &jsonl(), &mut frame);
    let mut group = c.benchmark_group("print");
    group.throughput(Throughput::Elements(LINES as u64));
    let targets = [Target { name: "Out".into(), what: What::Stream, shown: true, attributes: attributes() }];
    let mut out = Vec::new();
    for format in [Format::Jsonl, Format::Csv, Format::Table] {
        let mut printer = Printer::new(format, &targets);
        group.bench_function(format!("{format:?}").to_lowercase(), |b| {
            b.iter(|| {
                out.clear();
                let columns = &frame.flows[0].rows;
                printer.print(0, Rows { columns, arena: &frame.arena, first: 0, n: LINES, kinds: &[] }, &mut out);
                black_box(out.len())
            });
        });
    }
}

criterion_group!(benches, reading, printing);
criterion_main!(benches);
