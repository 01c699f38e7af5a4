#![doc = include_str!("../README.md")]

mod action;
mod active;
mod canonical;
mod config;
mod event;
mod line;
mod pair;
mod passive;
mod role;
mod status;
mod types;
mod waits;
mod witness;

pub use action::{Action, Gate};
#[doc(hidden)]
pub use canonical::Number;
#[doc(hidden)]
pub use config::Rules;
pub use config::{Config, ConfigError};
pub use event::{Command, Event, Hello, Message};
pub use line::{Cannot, Doubt, Level, Line, Loss, Why};
pub use role::Role;
pub use status::{Part, Status};
pub use types::{Database, Disk, Epoch, Holder, Incarnation, Ms, NodeId, Position, Recovered, Row, Start};
pub use waits::Waits;
