//! The journal's entries and records and their byte format.
