//! The riddhi command line.
fn main() {}
