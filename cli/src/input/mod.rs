//! Events files: opening them (`source`); their records are read by `riddhi_connect::input`.

pub mod source;

pub use riddhi_connect::input::{Control, InputStream, Item, Records, csv, fault, lines};
