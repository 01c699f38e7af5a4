//! Cases: an app, what goes in and when, and what must come out, as text.
//!
//! `riddhi test` runs a user's cases and the project's own tests run theirs by the same code: the form
//! ([`form`]), a case bound to its app ([`script`]), the driver that takes it through the engine in any of the ways that must
//! not change its answer ([`drive`]), what differs ([`compare`]), and the same text with the answer in it ([`update`]).
//!
//! Not here: files; a case names one, and whoever reads the case gives its content.

mod align;
pub mod compare;
pub mod drive;
pub mod form;
pub mod random;
pub mod script;
pub mod update;
