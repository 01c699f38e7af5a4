//! WSO2's data bridge: what agents speak to the receivers of the analytics products.
//!
//! A publisher logs in, gets a session, and publishes bundles of events of streams under it; each request has one answer.
//! Values come without types on the wire: who reads them must know the stream's
//! [definition](crate::definition::StreamDefinition).

pub mod binary;
pub mod client;
pub mod run;
pub mod thrift;
