//! A data bridge on real sockets, with a source behind it that does as it is told.
#![allow(dead_code)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use riddhi_bridge::{Bridge, BridgeOptions, BridgePort, Speaks, Subscription, Users};
use riddhi_edge::{Answers, Block, Edge, EdgeOptions, Limits, Listening, Message, Outcome, door};
use riddhi_wire::databridge::binary::{self, PublishWriter, Response, response_extent};
use riddhi_wire::databridge::run::{Run, Texts};
use riddhi_wire::databridge::thrift::Service;
use riddhi_wire::definition::{Attribute, StreamDefinition};
use riddhi_wire::{Extent, Type, Value, Values};
use serde_json::Value as Json;

pub const STOCK: &str = "org.wso2.demo.stock:1.0.0";
pub const TICK: &str = "org.wso2.demo.tick:1.0.0";

/// The session id that the vectors were made with.
pub const VECTOR_SESSION: &[u8] = b"11111111-2222-3333-4444-555555555555";

pub struct Server {
    pub edge: Arc<Edge>,
    pub bridge: Arc<Bridge>,
    pub binary: SocketAddr,
    pub thrift: SocketAddr,
    pub secure: SocketAddr,
    pub sources: Vec<Source>,
    _listening: Vec<Listening>,
}

/// A source of one stream.
pub struct Source {
    pub answers: Answers,
    pub types: Vec<Type>,
    _subscription: Subscription,
}

pub fn stock() -> StreamDefinition {
    let attribute = |name: &str, ty| Attribute { name: name.into(), ty };
    StreamDefinition {
        meta: vec![attribute("ip", Type::Text)],
        correlation: vec![attribute("corrId", Type::Long)],
        payload: vec![
            attribute("symbol", Type::Text),
            attribute("price", Type::Double),
            attribute("volume", Type::Int),
            attribute("rate", Type::Float),
            attribute("active", Type::Bool),
        ],
        ..StreamDefinition::of_id(STOCK).unwrap()
    }
}

pub fn tick() -> StreamDefinition {
    let payload = vec![Attribute { name: "n".into(), ty: Type::Int }];
    StreamDefinition { payload, ..StreamDefinition::of_id(TICK).unwrap() }
}

pub fn options() -> BridgeOptions {
    let mut users = Users::new();
    users.insert("admin", "admin");
    BridgeOptions { users, ..BridgeOptions::default() }
}

impl Server {
    pub fn start(options: BridgeOptions, limits: Limits) -> Server {
        let edge = Edge::start(EdgeOptions { threads: 1, limits, closed: false }).unwrap();
        let bridge = Bridge::new(options, |line| println!("{line}"));
        let sources = [stock(), tick()].map(|definition| {
            let (door, answers) = door(&edge);
            let types = definition.attributes().map(|a| a.ty).collect();
            Source { answers, types, _subscription: bridge.subscribe(definition, door).unwrap() }
        });
        let speaks = [Speaks::Binary, Speaks::Thrift(Service::Plain), Speaks::Thrift(Service::Secure)];
        let listening = speaks.map(|speaks| {
            edge.listen("127.0.0.1:0".parse().unwrap(), Arc::new(BridgePort::new(&bridge, speaks))).unwrap()
        });
        let [binary, thrift, secure] = [0, 1, 2].map(|i: usize| listening[i].address);
        Server {
            edge,
            bridge,
            binary,
            thrift,
            secure,
            sources: sources.into_iter().collect(),
            _listening: listening.into_iter().collect(),
        }
    }

    pub fn plain() -> Server {
        Server::start(options(), Limits::default())
    }

    /// A session, by a log-in over Binary.
    pub fn session(&self) -> Vec<u8> {
        let mut client = Client::connect(self.binary);
        let mut request = Vec::new();
        binary::login(&mut request, b"admin", b"admin");
        client.send(&request);
        let answer = client.binary_answer();
        let Ok(Response::LoginOk(session)) = Response::parse(&answer) else { panic!("logged in: {answer:?}") };
        session.to_vec()
    }

    /// What all sources have been handed, accepting it.
    pub fn accept_all(&mut self) -> Vec<String> {
        self.sources.iter_mut().flat_map(|source| source.accept(Outcome::Accepted)).collect()
    }
}

impl Source {
    /// Takes what is there; gives the events as texts.
    pub fn accept(&mut self, outcome: Outcome) -> Vec<String> {
        let mut events = Vec::new();
        while let Some(block) = self.answers.take() {
            for message in &block.messages {
                events.extend(self.events(&block, message));
                self.answers.push(message.judge(outcome.clone()));
            }
            self.answers.done(block);
        }
        self.answers.send();
        events
    }

    fn events(&self, block: &Block, message: &Message) -> Vec<String> {
        let texts = Texts::of_head(&block.bytes[message.head.clone()]).unwrap();
        Run::new(texts, &block.bytes[message.body.clone()])
            .map(|event| {
                let event = event.unwrap();
                let mut values = event.values;
                let mut out = event.timestamp.to_string();
                for ty in &self.types {
                    out += " ";
                    out += &match values.value(*ty).unwrap() {
                        Value::Int(v) => v.to_string(),
                        Value::Long(v) => v.to_string(),
                        Value::Float(v) => v.to_string(),
                        Value::Double(v) => format!("{v:?}"),
                        Value::Bool(v) => v.to_string(),
                        Value::Text(v) => v.map_or("null".into(), |v| format!("'{}'", riddhi_wire::text(v))),
                    };
                }
                while let Some((key, value)) = values.pair().unwrap() {
                    out += &format!(" {}={}", riddhi_wire::text(key), riddhi_wire::text(value));
                }
                out
            })
            .collect()
    }
}

pub struct Client {
    pub socket: TcpStream,
    pub came: Vec<u8>,
}

/// How a connection went on.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Ended,
    Reset,
}

impl Client {
    pub fn connect(to: SocketAddr) -> Client {
        let socket = TcpStream::connect(to).unwrap();
        socket.set_nodelay(true).unwrap();
        Client { socket, came: Vec::new() }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Reads what comes within a time.
    pub fn wait(&mut self, time: Duration) -> State {
        self.socket.set_read_timeout(Some(time)).unwrap();
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(0) => State::Ended,
            Ok(n) => {
                self.came.extend_from_slice(&buffer[..n]);
                State::Open
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => State::Open,
            Err(e) if e.kind() == ErrorKind::ConnectionReset => State::Reset,
            Err(e) => panic!("{e}"),
        }
    }

    /// Reads until there is a whole message, by what tells its end.
    pub fn message(&mut self, mut extent: impl FnMut(&[u8]) -> Option<usize>) -> Vec<u8> {
        loop {
            if let Some(len) = extent(&self.came) {
                return self.came.drain(..len).collect();
            }
            let before = self.came.len();
            let state = self.wait(Duration::from_secs(10));
            assert!(self.came.len() > before, "an answer comes: {state:?}");
        }
    }

    pub fn binary_answer(&mut self) -> Vec<u8> {
        self.message(|bytes| match response_extent(bytes, 10_000).unwrap() {
            Extent::Whole(len) => Some(len),
            Extent::Partial(_) => None,
        })
    }

    pub fn has_answer(&mut self) -> bool {
        self.wait(Duration::from_millis(150));
        !self.came.is_empty()
    }
}

/// A vector's name and bytes, with a session that there is.
pub struct Vector {
    pub name: String,
    pub bytes: Vec<u8>,
    pub service: String,
}

/// Vectors that clients send.
pub fn vectors(file: &str, session: &[u8]) -> Vec<Vector> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(file);
    let json: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let list = json["vectors"].as_array().unwrap().iter();
    list.filter(|v| v["direction"] == "client-to-server")
        .map(|v| {
            let hex = v["hex"].as_str().unwrap();
            let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
            let mut bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
            for at in 0..bytes.len().saturating_sub(35) {
                if bytes[at..at + 36] == *VECTOR_SESSION {
                    bytes[at..at + 36].copy_from_slice(session);
                }
            }
            let service = v["service"].as_str().unwrap_or_default().to_owned();
            Vector { name: v["name"].as_str().unwrap().to_owned(), bytes, service }
        })
        .collect()
}

/// A bundle of ticks.
pub fn ticks(session: &[u8], numbers: impl IntoIterator<Item = i32>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = PublishWriter::new(&mut out, session);
    for n in numbers {
        writer.event(TICK.as_bytes(), 7);
        writer.value(Value::Int(n));
    }
    writer.finish();
    out
}
