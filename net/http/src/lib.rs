//! HTTP/1.1 and 1.0, mostly the server's side: bytes to requests, requests to messages that are pushed through doors, verdicts to
//! answers in the order of the requests.
//!
//! A [`Session`] is one connection's side; it talks to anything that is a [`Wire`]: a connection of `riddhi-edge`, or a test.
//! Where requests go and what they must have is a [`Site`]: the paths of sources ([`Routes`]), or texts made when they are
//! asked for ([`Pages`]). [`head`] reads the head of a request, [`chunked`] a body in chunks;
//! [`Reply`] reads the head of an answer, for clients.
//! Not here: TLS, HTTP/2, what a body means, content codings (a coded body is refused).
//!
//! Invariants: no panic whatever the bytes; a request with two readings is refused and its connection ends; nothing is kept
//! beyond the bounds of `riddhi_edge::Limits` and those here; how the bytes were split changes no answer.

mod answer;
mod basic;
pub mod chunked;
mod date;
pub mod head;
mod pages;
mod queue;
mod reply;
mod routes;
mod service;
mod session;
mod wrong;

pub use answer::Answer;
pub use basic::{Users, basic};
pub use pages::{MakePage, Page, Pages};
pub use reply::{Reply, ReplyBody};
pub use routes::{Property, Route, RouteOptions, Routes, properties};
pub use service::HttpService;
pub use session::{Fate, ROOM_WAIT, Session, Site, Wire};
pub use wrong::Wrong;
