//! What must hold for any bytes: run by the fuzzer, over its corpus, and over random bytes.

#[path = "../support/mod.rs"]
mod support;

use std::cell::RefCell;
use std::sync::Arc;

use riddhi_batch::Frame;
use riddhi_connect::Connectors;
use riddhi_connect::mapper::{MapTarget, Messages, SourceMapper};
use riddhi_run::{App, Clock};
use support::{compiled, setting};

const STREAM: &str = "define stream S (id string, qty int, big long, f float, price double, on bool);";

/// The mappers of texts, each in its forms.
const MAPS: [&str; 8] = [
    "@map(type='json')",
    "@map(type='json', fail.on.missing.attribute='false', event.grouping.enabled='false')",
    "@map(type='json', enclosing.element='$.all', fail.on.missing.attribute='false', @attributes(id='$.a.id', qty='a.n[1]', \
     big='b', f='f', price='p', on='o'))",
    "@map(type='csv')",
    "@map(type='csv', header='true', delimiter=';')",
    "@map(type='csv', @attributes(id='5', qty='1', big='2', f='3', price='4', on='0'))",
    r"@map(type='text')",
    r"@map(type='text', fail.on.missing.attribute='false', regex.A='(\w+)-(\d+)', @attributes(id='A[1]', qty='A[2]', big='A[2]', f='A[2]', price='A[2]', on='A[1]'))",
];

type Made = (App, Box<dyn SourceMapper>);

fn make(map: &str) -> Made {
    let app = compiled(&format!("@source(type='file', file.uri='f', {map}) {STREAM}"));
    let setting = setting(&app, &Arc::default());
    let (_, mapper) = Connectors::built_in().make_source(&app.connectors[0], &setting).expect("it is there");
    (app, mapper.expect("it maps"))
}

thread_local! {
    static MADE: RefCell<Vec<Made>> = RefCell::new(MAPS.iter().map(|map| make(map)).collect());
}

/// The first byte says which mapper, the rest is a message. A message is taken whole or refused whole, and one that follows it does
/// not notice.
pub fn mappers(bytes: &[u8]) {
    let Some((&which, message)) = bytes.split_first() else { return };
    MADE.with_borrow_mut(|made| {
        let (app, mapper) = &mut made[which as usize % MAPS.len()];
        let (mut frame, mut clock) = (Frame::new([&app.streams[0].schema]), Clock::new(false, 7));
        let mut faults = Vec::new();
        let mut target = MapTarget { frame: &mut frame, clock: &mut clock, stream: 0, events: 0, faults: &mut faults };
        let ranges = [0..message.len(), 0..message.len()];
        let messages =
            Messages { bytes: message, ranges: &ranges, name: "f", lines: &[1, 2], properties: &[], eof: true };
        mapper.map(&messages, &mut target);
        let flow = &frame.flows[0];
        let rows: usize = flow.chunks.iter().map(|c| c.rows as usize).sum();
        assert_eq!((flow.rows.len(), flow.committed as usize), (rows, rows), "rows of no chunk");
        for column in &flow.rows.cols {
            assert_eq!(column.len(), rows);
            (0..rows).for_each(|row| drop(column.value(row, &frame.arena)));
        }
        assert!(faults.iter().all(|(at, _)| *at < 2));
        assert!(faults.len() <= 2, "one fault a message at most");
    });
}
