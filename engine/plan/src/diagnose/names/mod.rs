//! Names: not known, used for two things, or not fit where they stand.

mod r0101_unknown_stream;
mod r0102_read_before_filled;
mod r0103_defined_twice;
mod r0104_not_readable;
mod r0105_unknown_attribute;
mod r0106_not_in_scope;
mod r0107_ambiguous;
mod r0108_output_twice;
mod r0109_other_shape;
mod r0110_only_in_input;
mod r0111_query_twice;
mod r0112_inner_outside;
mod r0113_into_fault;
mod r0114_no_fault_stream;
mod r0115_not_a_table;
mod r0116_added_twice;
mod r0117_not_insertable;
mod r0118_later_state;

family! {
    r0101_unknown_stream,
    r0102_read_before_filled,
    r0103_defined_twice,
    r0104_not_readable,
    r0105_unknown_attribute,
    r0106_not_in_scope,
    r0107_ambiguous,
    r0108_output_twice,
    r0109_other_shape,
    r0110_only_in_input,
    r0111_query_twice,
    r0112_inner_outside,
    r0113_into_fault,
    r0114_no_fault_stream,
    r0115_not_a_table,
    r0116_added_twice,
    r0117_not_insertable,
    r0118_later_state,
}
