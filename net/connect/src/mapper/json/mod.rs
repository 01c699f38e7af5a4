//! `@map(type='json')`.
//!
//! In: `{"event":{"a":1}}` or `{"a":1}`, or an array of either, which is one chunk unless `event.grouping.enabled` is
//! false; with `@attributes`, values by path. Out: `{"event":{...}}`, or a template.

mod path;
mod sink;
mod source;

pub(crate) use sink::{make as make_sink, spec as sink_spec};
pub(crate) use source::{make as make_source, spec as source_spec};
