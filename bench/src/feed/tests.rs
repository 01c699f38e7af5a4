//! Feed and sinks against checksums that Siddhi gave for the first 8,000 events.

use std::collections::HashMap;
use std::path::Path;

use riddhi_batch::{Columns, Data};

use super::*;
use crate::workload::Table;

/// Just enough of an engine: the filter app and the running app, row by row.
struct Model {
    frame: Frame,
    groups: Option<HashMap<u128, (f64, i64)>>,
}

impl Subject for Model {
    fn frame(&mut self) -> &mut Frame {
        self.frame.reset(0);
        &mut self.frame
    }

    fn last_frame(&mut self) -> (&mut Frame, u64) {
        (&mut self.frame, 0)
    }

    fn process(&mut self, sinks: &mut Sinks) {
        let rows = &self.frame.flows[0].rows;
        let (Data::Str(symbols), Data::F64(prices)) = (&rows.cols[0].data, &rows.cols[1].data) else { panic!() };
        let n = rows.len();
        let out = match &mut self.groups {
            None => {
                let mut out = five();
                let pass: Vec<u32> = (0..n as u32).filter(|&i| prices[i as usize] > 100.0).collect();
                out.append(rows, Sel::Rows(&pass), pass.len());
                out
            }
            Some(groups) => {
                let mut out = Columns::new([Kind::Str, Kind::F64, Kind::I64]);
                for i in 0..n {
                    let (sum, count) = groups.entry(symbols[i].word()).or_default();
                    *sum += prices[i];
                    *count += 1;
                    out.ts.push(rows.ts[i]);
                    out.cols[0].push_str(symbols[i]);
                    out.cols[1].push_f64(*sum);
                    out.cols[2].push_i64(*count);
                }
                out
            }
        };
        sinks.read(0, &out, 0, out.len(), &self.frame.arena);
    }
}

fn five() -> Columns {
    Columns::new([Kind::Str, Kind::F64, Kind::I32, Kind::I64, Kind::Bool])
}

#[test]
fn the_events_are_those_that_siddhi_got() {
    let table = Table::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for (name, outputs, checksum) in [
        ("filter-arrays", 4060, 0xead8_19e3_36c4_4ee4),
        ("filter-single", 4060, 0xead8_19e3_36c4_4ee4),
        ("running-by1k", 8000, 0xab42_e768_d3ba_6f89),
        ("running-by1m", 8000, 0x59d5_c2bf_6c16_b003),
        ("running-by1m-zipf", 8000, 0x76b6_49bc_9f5b_1bc5),
    ] {
        let work = table.find(name).unwrap();
        let mut frame = Frame::default();
        frame.flows.push(riddhi_batch::Flow { rows: five(), ..Default::default() });
        let mut model = Model { frame, groups: (work.app == "running").then(HashMap::new) };
        let mut feed = Feed::new(work, vec![0], 64, false);
        let mut sinks = Sinks::new(1);
        sinks.begin(true);
        feed.send(&mut model, &mut sinks, 8000);
        assert_eq!((sinks.rows(), sinks.checksum()), (outputs, checksum), "{name}");
    }
}

#[test]
fn the_brief_checksum_is_siddhis_too() {
    let table = Table::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let work = table.find("filter-arrays").unwrap();
    let mut frame = Frame::default();
    frame.flows.push(riddhi_batch::Flow { rows: five(), ..Default::default() });
    let mut model = Model { frame, groups: None };
    let mut feed = Feed::new(work, vec![0], 3000, false);
    let mut sinks = Sinks::new(1);
    feed.send(&mut model, &mut sinks, 8000);
    sinks.begin(false);
    feed.send(&mut model, &mut sinks, 8_000_000);
    assert_eq!((sinks.rows(), sinks.checksum()), (4_060_000, 0x584a_875c_5f87_e5c0));
}
