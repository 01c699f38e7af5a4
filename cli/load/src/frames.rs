//! Frames made before the start, of which only the times change: a generator must not be what is measured. A frame is what the
//! protocol sends at once: a frame of Siddhi TCP, a request of HTTP, a bundle of the data bridge.

use riddhi_wire::databridge::binary::PublishWriter;
use riddhi_wire::databridge::client::Speaks;
use riddhi_wire::databridge::thrift::{Arguments, BundleWriter, Method, write_call};
use riddhi_wire::put;
use riddhi_wire::siddhi_tcp::{begin_frame, end_frame};

use crate::column::Random;
use crate::rows::{Cell, Rows};
use crate::{FRAME_BYTES_MAX, Load, LoadError, Protocol};

/// Bytes of drawn frames that go round, about: more than a core's own caches hold would slow the generator.
const POOL_BYTES: usize = 1 << 20;

/// What stands where a time belongs.
const MARK: i64 = 0x7ea1_0c0d_e5ee_d5a7;

/// Frames that follow each other in memory, sent round and round.
pub(crate) struct Frames<'a> {
    load: &'a Load,
    /// The session of the data bridge.
    session: &'a [u8],
    bytes: Vec<u8>,
    /// Where each frame ends, and where its times end among all.
    ends: Vec<(usize, usize)>,
    /// Where times belong.
    times: Vec<usize>,
    /// Bytes of the longest.
    frame_bytes: usize,
    /// The last frame of a run, if it has fewer events.
    short: Vec<u8>,
    /// Which connection it is for.
    connection: u32,
}

impl<'a> Frames<'a> {
    /// Frames for a connection.
    pub fn new(load: &'a Load, connection: u32, session: &'a [u8]) -> Result<Frames<'a>, LoadError> {
        let batch = load.pace.batch;
        let event_bytes = 8 + load.columns.iter().map(|a| a.column.bytes()).sum::<usize>();
        let bytes = u64::from(batch) * event_bytes as u64;
        if load.recorded.is_none() && bytes > FRAME_BYTES_MAX as u64 {
            return Err(LoadError::FrameTooLong { events: batch, bytes });
        }
        let mut frames = Frames {
            load,
            session,
            bytes: Vec::new(),
            ends: Vec::new(),
            times: Vec::new(),
            frame_bytes: 0,
            short: Vec::new(),
            connection,
        };
        let mut rows = frames.rows(0);
        // Of what was read each is to be sent; of what is drawn, a part is as good as the whole.
        let all = load.recorded.as_ref().map(|rows| rows.len().div_ceil(batch as usize));
        let mine = all.map(|n| n.saturating_sub(connection as usize).div_ceil(load.pace.connections as usize).max(1));
        while mine.map_or(frames.bytes.len() < POOL_BYTES, |n| frames.ends.len() < n) {
            if load.recorded.is_some() {
                rows = frames.rows(frames.ends.len());
            }
            let begin = frames.bytes.len();
            let mut bytes = std::mem::take(&mut frames.bytes);
            frames.make(batch as usize, &mut rows, &mut bytes)?;
            frames.bytes = bytes;
            let length = frames.bytes.len() - begin;
            if length > FRAME_BYTES_MAX {
                return Err(LoadError::FrameTooLong { events: batch, bytes: length as u64 });
            }
            frames.frame_bytes = frames.frame_bytes.max(length);
            marks(&frames.bytes[begin..], |at| frames.times.push(begin + at));
            frames.ends.push((frames.bytes.len(), frames.times.len()));
        }
        Ok(frames)
    }

    /// The events of a frame of this connection and those behind it.
    fn rows(&self, frame: usize) -> Rows<'a> {
        let load = self.load;
        match &load.recorded {
            Some(rows) => {
                let number = load.pace.number(self.connection, frame as u64) as usize;
                Rows::Recorded(rows, number.wrapping_mul(load.pace.batch as usize) % rows.len())
            }
            None => {
                let seed = load.seed.wrapping_add(self.connection.into()).wrapping_add((frame as u64) << 32);
                Rows::Drawn(&load.columns, Random::new(seed))
            }
        }
    }

    /// How many go round.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of the longest.
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Gives all events of a frame this time, milliseconds since 1970.
    pub fn set_time(&mut self, frame: usize, time: i64) {
        let (_, begin) = self.before(frame);
        let time = time.to_be_bytes();
        for at in &self.times[begin..self.ends[frame].1] {
            self.bytes[*at..*at + 8].copy_from_slice(&time);
        }
    }

    fn before(&self, frame: usize) -> (usize, usize) {
        frame.checked_sub(1).map_or((0, 0), |before| self.ends[before])
    }

    /// The bytes of frames that follow each other.
    pub fn run(&self, first: usize, count: usize) -> &[u8] {
        &self.bytes[self.before(first).0..self.ends[first + count - 1].0]
    }

    /// A frame of fewer events.
    pub fn short(&mut self, frame: usize, events: usize, time: i64) -> &[u8] {
        let (mut rows, mut short) = (self.rows(frame), Vec::new());
        // What could be made of more events can be made of these.
        let _ = self.make(events, &mut rows, &mut short);
        let mut times = Vec::new();
        marks(&short, |at| times.push(at));
        times.into_iter().for_each(|at| short[at..at + 8].copy_from_slice(&time.to_be_bytes()));
        self.short = short;
        &self.short
    }

    fn make(&self, events: usize, rows: &mut Rows<'_>, out: &mut Vec<u8>) -> Result<(), LoadError> {
        match &self.load.to {
            Protocol::Tcp { channel } => {
                let start = begin_frame(out, b"", channel.as_bytes());
                put::int(out, events as i32);
                for _ in 0..events {
                    put::long(out, MARK);
                    rows.next(|values| values.iter().for_each(|v| put::value(out, v.value())));
                }
                end_frame(out, start);
            }
            Protocol::Http { path, authorization } => {
                self.request(path, authorization.as_deref(), events, rows, out)?
            }
            Protocol::DataBridge { speaks: Speaks::Binary, stream, .. } => {
                let mut bundle = PublishWriter::new(out, self.session);
                for _ in 0..events {
                    bundle.event(stream.as_bytes(), MARK);
                    rows.next(|values| values.iter().for_each(|v| bundle.value(v.value())));
                }
                bundle.finish();
            }
            Protocol::DataBridge { speaks: Speaks::Thrift, stream, .. } => {
                let mut bundle = BundleWriter::default();
                for _ in 0..events {
                    bundle.event(stream.as_bytes(), MARK);
                    rows.next(|values| values.iter().for_each(|v| bundle.value(v.value())));
                }
                let mut bytes = Vec::new();
                bundle.finish(&mut bytes, self.session);
                write_call(out, Method::Publish, 1, Arguments::Bundle(&bytes));
            }
        }
        Ok(())
    }

    /// One event is an object, several are a list.
    fn request(
        &self,
        path: &str,
        authorization: Option<&str>,
        events: usize,
        rows: &mut Rows<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), LoadError> {
        let names = self.load.columns.iter().map(|a| a.name.clone().ok_or(LoadError::NoNames));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let mut objects = Vec::with_capacity(events);
        for _ in 0..events {
            rows.next(|values| {
                let field = |(name, value): (&String, &Cell)| {
                    format!("{}:{}", serde_json::Value::from(name.as_str()), value.json())
                };
                let fields: Vec<String> = names.iter().zip(values).map(field).collect();
                objects.push(format!("{{\"event\":{{{}}}}}", fields.join(",")));
            });
        }
        let objects = objects.join(",");
        let body = if events > 1 { format!("[{objects}]") } else { objects };
        let authorization = authorization.map_or(String::new(), |a| format!("authorization: {a}\r\n"));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{authorization}content-length: {}\r\n\r\n",
            self.load.address,
            body.len()
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body.as_bytes());
        Ok(())
    }
}

/// Finds where times belong.
fn marks(bytes: &[u8], mut f: impl FnMut(usize)) {
    let (mark, mut at) = (MARK.to_be_bytes(), 0);
    while at + mark.len() <= bytes.len() {
        if bytes[at..].starts_with(&mark) {
            f(at);
            at += mark.len();
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use riddhi_wire::siddhi_tcp::{Events, Frame, extent};
    use riddhi_wire::{Extent, Type, Values};

    use super::*;
    use crate::{Login, Pace};

    fn load(to: Protocol) -> Load {
        Load {
            address: "h:1".into(),
            to,
            columns: ["a=string:5", "b=int:10"].map(|c| c.parse().expect("a column")).into(),
            recorded: None,
            pace: Pace { batch: 3, rate: None, events_max: 10, connections: 1 },
            time_max: None,
            acknowledge: false,
            seed: 1,
            patience: Duration::from_secs(1),
        }
    }

    fn tcp() -> Load {
        load(Protocol::Tcp { channel: "A/S".into() })
    }

    fn bridge(speaks: Speaks) -> Load {
        let login = Login { address: String::new(), user: String::new(), password: String::new() };
        load(Protocol::DataBridge { speaks, stream: "S:1.0.0".into(), login })
    }

    #[test]
    fn what_is_made_is_what_the_source_reads() {
        let load = tcp();
        let mut frames = Frames::new(&load, 0, b"").expect("they fit");
        let last = frames.len() - 1;
        frames.set_time(last, 77);
        let bytes = frames.run(last, 1).to_vec();
        let short = frames.short(0, 2, 78).to_vec();
        for (bytes, events, time) in [(bytes, 3, 77), (short, 2, 78)] {
            assert_eq!(extent(&bytes, 1 << 20), Ok(Extent::Whole(bytes.len())));
            let frame = Frame::parse(&bytes).expect("a frame");
            assert_eq!(frame.channel, b"A/S");
            let mut read = Events::parse(frame.data, &[Type::Text, Type::Int]).expect("events");
            assert_eq!(read.len(), events);
            while let Some(ts) = read.timestamp().expect("a time") {
                assert_eq!(ts, time);
                assert_eq!(read.values.text().expect("a text").map(<[u8]>::len), Some(8));
                assert!((0..10).contains(&read.values.int().expect("an int")));
            }
            assert!(read.values.rest().is_empty());
        }
    }

    #[test]
    fn bundles_carry_the_session_the_time_and_all_events() {
        use riddhi_wire::databridge::{binary, thrift};
        let load = bridge(Speaks::Binary);
        let mut frames = Frames::new(&load, 0, b"session").expect("they fit");
        frames.set_time(0, 77);
        let Ok(binary::Request::Publish(publish)) = binary::Request::parse(frames.run(0, 1)) else {
            panic!("a bundle")
        };
        assert_eq!((publish.session, publish.len()), (&b"session"[..], 3));
        for event in publish.events() {
            let event = event.expect("an event");
            assert_eq!((event.stream, event.timestamp), (&b"S:1.0.0"[..], 77));
        }
        let load = bridge(Speaks::Thrift);
        let mut frames = Frames::new(&load, 0, b"session").expect("they fit");
        frames.set_time(0, 77);
        let call = thrift::Call::parse(frames.run(0, 1)).expect("a call");
        let bundle = call.bundle.expect("a bundle");
        let mut events = bundle.events().expect("events");
        let mut heads = 0;
        while let Some(head) = events.head().expect("an event") {
            assert_eq!((head.stream, head.timestamp), (&b"S:1.0.0"[..], 77));
            events.text().expect("a text");
            events.int().expect("an int");
            heads += 1;
        }
        assert_eq!(heads, 3);
    }

    #[test]
    fn requests_are_json_of_one_event_or_a_list() {
        for (batch, begins) in [(1, "{\"event\":{\"a\":\""), (3, "[{\"event\":{\"a\":\"")] {
            let mut load = load(Protocol::Http { path: "/p".into(), authorization: None });
            load.pace.batch = batch;
            let frames = Frames::new(&load, 0, b"").expect("they fit");
            let text = String::from_utf8(frames.run(0, 1).to_vec()).expect("text");
            let (head, body) = text.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with("POST /p HTTP/1.1\r\nhost: h:1\r\n"), "{head}");
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
            assert!(body.starts_with(begins), "{body}");
            let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(json.as_array().map_or(1, Vec::len), batch as usize);
        }
    }

    #[test]
    fn what_was_read_is_sent_once_in_order_by_all_connections_together() {
        let rows: Vec<Vec<Cell>> = (0..10).map(|n| vec![Cell::Text(None), Cell::Int(n)]).collect();
        let mut load = tcp();
        load.recorded = Some(rows);
        load.pace.connections = 2;
        let mut found = Vec::new();
        for connection in 0..2 {
            let mut frames = Frames::new(&load, connection, b"").expect("they fit");
            for nth in 0..frames.len() {
                let events = load.pace.events(load.pace.number(connection, nth as u64)) as usize;
                let bytes = if events < 3 { frames.short(nth, events, 0) } else { frames.run(nth, 1) };
                let frame = Frame::parse(bytes).expect("a frame");
                let mut read = Events::parse(frame.data, &[Type::Text, Type::Int]).expect("events");
                let mut numbers = Vec::new();
                while read.timestamp().expect("a time").is_some() {
                    assert_eq!(read.values.text(), Ok(None));
                    numbers.push(read.values.int().expect("an int"));
                }
                found.push((connection, numbers));
            }
        }
        assert_eq!(found, [(0, vec![0, 1, 2]), (0, vec![6, 7, 8]), (1, vec![3, 4, 5]), (1, vec![9])]);
    }

    #[test]
    fn a_seed_gives_the_same_events_and_another_one_others() {
        let bytes = |seed| {
            let load = Load { seed, ..tcp() };
            Frames::new(&load, 0, b"").expect("they fit").bytes
        };
        assert!(bytes(1) == bytes(1) && bytes(1) != bytes(2));
    }

    #[test]
    fn a_frame_that_no_source_takes_is_refused_before_it_is_made() {
        let mut load = tcp();
        load.pace.batch = u32::MAX;
        let refused = Frames::new(&load, 0, b"").err().expect("it is too long");
        assert!(refused.to_string().starts_with("a frame of 4294967295 events would have 10307"), "{refused}");
    }
}
