//! Events as JSON, one object a line.
//!
//! ```text
//! {"stream":"Trades","ts":1600000000000,"data":{"symbol":"A","price":1.5,"volume":null}}
//! {"batch":[{"stream":"Trades","ts":1600000000000,"data":{...}},{"stream":"Trades","ts":...,"data":{...}}]}
//! {"control":"persist"}
//! {"query":"from StockTable select *"}
//! ```
//!
//! Invariants: a line is either appended to the frame whole or leaves no row in it; the path of an ordinary line
//! allocates nothing. Keys may come in any order and are matched with the guess that they come as last time, so a file
//! written by one program costs a comparison a key.
//! Not here: reading lines, and what becomes of a control.

mod command;
pub(crate) mod event;
mod number;
pub(crate) mod scan;
#[cfg(test)]
mod tests;

use riddhi_batch::Frame;

use super::fault::Fault;
use super::{InputStream, Item};
use event::Names;
use scan::{Scan, Scanned};

/// A reader of lines for one app's streams.
pub struct JsonlReader {
    streams: Vec<Names>,
    /// The stream of the last event, and where the guesses begin.
    last: usize,
}

impl JsonlReader {
    /// A reader for events of these streams.
    pub fn new(streams: &[InputStream]) -> JsonlReader {
        JsonlReader { streams: streams.iter().map(Names::new).collect(), last: 0 }
    }

    /// Reads one line. Events are appended to `frame` but not committed; those without a timestamp get `now`.
    #[inline]
    pub fn read(&mut self, line: &[u8], now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        let mut scan = Scan::new(line);
        if scan.peek() == 0 && scan.at() == line.len() {
            return Ok(Item::Nothing);
        }
        scan.expect(b'{', "to open a JSON object")?;
        if scan.from(scan.at()).eat_exactly(b"\"stream\":") {
            return self.single(scan, now, frame);
        }
        let first = scan.from(scan.at()).string("a key in double quotes")?;
        match first.raw {
            b"batch" => self.batch(scan, now, frame),
            b"query" | b"control" | b"n" | b"app" => command::read(scan),
            _ => self.single(scan, now, frame),
        }
    }

    fn single(&mut self, mut scan: Scan<'_>, now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        let mut stream = None;
        let event = self.event(&mut scan, now, frame, &mut stream).and_then(|ts| scan.end().map(|()| ts));
        self.finish(event, stream, 1, frame)
    }

    /// The elements of `{"batch":[...]}`, all of one stream.
    fn batch(&mut self, mut scan: Scan<'_>, now: i64, frame: &mut Frame) -> Result<Item, Box<Fault>> {
        scan.string("a key")?;
        let (mut stream, mut events) = (None, 0);
        let last = self.elements(&mut scan, now, frame, &mut stream, &mut events);
        match (last, stream) {
            (Ok(None), _) => Ok(Item::Nothing),
            (Ok(Some(ts)), stream) => self.finish(Ok(ts), stream, events, frame),
            (Err(e), stream) => self.finish(Err(e), stream, events, frame),
        }
    }

    /// Appends the elements; gives the timestamp of the last one, or `None` of an empty array.
    fn elements(
        &mut self,
        scan: &mut Scan<'_>,
        now: i64,
        frame: &mut Frame,
        stream: &mut Option<usize>,
        events: &mut u64,
    ) -> Scanned<Option<Option<i64>>> {
        scan.expect(b':', "after the key")?;
        scan.expect(b'[', "to open the array of events")?;
        let mut last = None;
        if !scan.eat(b']') {
            loop {
                scan.expect(b'{', "to open an event of the batch")?;
                last = Some(self.event(scan, now, frame, stream)?);
                *events += 1;
                if !scan.another(b']')? {
                    break;
                }
            }
        }
        scan.expect(b'}', "after the batch; no other key may stand beside it")?;
        scan.end()?;
        Ok(last)
    }

    /// Gives out the chunk that was appended, or takes it back.
    #[inline]
    fn finish(
        &mut self,
        ts: Scanned<Option<i64>>,
        stream: Option<usize>,
        events: u64,
        frame: &mut Frame,
    ) -> Result<Item, Box<Fault>> {
        let number = stream.map(|s| self.streams[s].number);
        match (ts, number) {
            (Ok(ts), Some(stream)) => Ok(Item::Chunk { stream, ts, events }),
            (Ok(_), None) => Ok(Item::Nothing),
            (Err(fault), number) => {
                if let Some(stream) = number {
                    frame.cancel(stream);
                }
                Err(fault)
            }
        }
    }
}
