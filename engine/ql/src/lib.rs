//! SiddhiQL text to tokens, syntax tree and diagnostics.
