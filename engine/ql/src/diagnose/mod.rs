//! What the lexer and the parser tell a user: a file for each code, as in `riddhi-plan`'s `diagnose`.
//!
//! A file holds all of its code: what it stands for, an example, what is shown for that (a test), further tests, and the
//! functions that make its diagnostics, with label and help. The parser, which finds the mistake, calls these functions.
//! Not here: the words after `expected`, and advice that only the place in the grammar gives; both are the parser's.

mod s0001_unexpected;
mod s0002_unknown_character;
mod s0003_not_closed;
mod s0004_string_character;
mod s0005_int_range;
mod s0006_long_range;
mod s0007_nesting;
mod s0008_expression_size;
mod s0009_operator;
mod s0010_semicolon_missing;
mod s0011_empty_statement;
mod s0012_no_definition;
mod s0013_definition_after_query;
mod s0014_app_annotation_place;
mod s0015_in_partition;
mod s0016_empty_partition;
mod s0017_define_marked;
mod s0018_attribute_twice;
mod s0019_no_type;
mod s0020_granularity;
mod s0021_outer_join;
mod s0022_alias_missing;
mod s0023_limit_expression;
mod s0024_limit_type;
mod s0025_target;
mod s0026_clause_order;
mod s0027_window_place;
mod s0028_states;
mod s0029_absent_time;
mod s0030_count;
mod s0031_within_per;
mod s0032_time;
mod s0033_annotation;
mod s0034_text_size;
mod s0035_too_many;
mod s0036_variable;
mod s0037_null_test;
mod s0038_identifier;
#[cfg(test)]
mod testing;

family! {
    s0001_unexpected,
    s0002_unknown_character,
    s0003_not_closed,
    s0004_string_character,
    s0005_int_range,
    s0006_long_range,
    s0007_nesting,
    s0008_expression_size,
    s0009_operator,
    s0010_semicolon_missing,
    s0011_empty_statement,
    s0012_no_definition,
    s0013_definition_after_query,
    s0014_app_annotation_place,
    s0015_in_partition,
    s0016_empty_partition,
    s0017_define_marked,
    s0018_attribute_twice,
    s0019_no_type,
    s0020_granularity,
    s0021_outer_join,
    s0022_alias_missing,
    s0023_limit_expression,
    s0024_limit_type,
    s0025_target,
    s0026_clause_order,
    s0027_window_place,
    s0028_states,
    s0029_absent_time,
    s0030_count,
    s0031_within_per,
    s0032_time,
    s0033_annotation,
    s0034_text_size,
    s0035_too_many,
    s0036_variable,
    s0037_null_test,
    s0038_identifier,
}

/// Advice for whoever escaped a quote.
pub(crate) const NO_ESCAPES: &str =
    "strings have no escape sequences; three double quotes enclose a string that contains quotes";
