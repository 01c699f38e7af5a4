//! Annotations.

mod r0501_twice;
mod r0502_element_twice;
mod r0503_playback_element;
mod r0504_playback_half;
mod r0505_no_time;
mod r0506_app_async;
mod r0507_number;
mod r0508_power_of_two;
mod r0509_on_error;
mod r0510_no_type;
mod r0511_unknown_type;
mod r0512_element_missing;
mod r0513_no_switch;
mod r0514_retention_key;
mod r0515_retention_unit;
mod r0516_retention_short;
mod r0517_index_size;
mod r0518_index_twice;
mod r0519_index_by;
mod r0520_compat;
mod r0521_no_reference;

family! {
    r0501_twice,
    r0502_element_twice,
    r0503_playback_element,
    r0504_playback_half,
    r0505_no_time,
    r0506_app_async,
    r0507_number,
    r0508_power_of_two,
    r0509_on_error,
    r0510_no_type,
    r0511_unknown_type,
    r0512_element_missing,
    r0513_no_switch,
    r0514_retention_key,
    r0515_retention_unit,
    r0516_retention_short,
    r0517_index_size,
    r0518_index_twice,
    r0519_index_by,
    r0520_compat,
    r0521_no_reference,
}
