//! Values as text, as Siddhi writes them.

pub mod json;
pub mod number;
