//! Names and types to a logical plan: binder, registry, EXPLAIN.
