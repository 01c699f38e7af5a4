//! `riddhi run` as one of two nodes: the active runs the apps and its files' changes go to the passive as records, which makes the
//! same files of them. A take-over is then a start from those files, or from where a warm passive stands that follows them (`follow`).
//!
//! Invariants: a record stands for a change that is made already; what an app acknowledges or puts out waits for the record behind
//! which it stands.

pub mod control;
mod copies;
mod follow;
mod lines;
mod marks;
mod mirror;
mod operation;
mod path;
mod report;
mod start;

pub use follow::{FollowCounts, Followers};
pub use mirror::{Change, Mirror, Records, lock};
pub use path::Duty;
pub use start::run;
