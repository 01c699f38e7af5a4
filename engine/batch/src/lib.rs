//! Columns, strings, flows and frames: the events of Riddhi in memory.
