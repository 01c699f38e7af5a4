//! Joins, patterns, partitions, changes of tables, aggregations.

mod r0801_both_fixed;
mod r0802_range_missing;
mod r0803_range_without_aggregation;
mod r0804_per_type;
mod r0805_per_unknown;
mod r0806_log_in_pattern;
mod r0807_key_twice;
mod r0808_no_column;
mod r0809_delete_all;
mod r0810_key_of_aggregation;
mod r0811_range_backwards;
mod r0812_aggregate_by_type;
mod r0813_not_by_bucket;
mod r0814_plain_attribute;
mod r0815_window_of_aggregation;
mod r0816_aggregation_left;
mod r0817_cron_joined;
mod r0818_within_type;

family! {
    r0801_both_fixed,
    r0802_range_missing,
    r0803_range_without_aggregation,
    r0804_per_type,
    r0805_per_unknown,
    r0806_log_in_pattern,
    r0807_key_twice,
    r0808_no_column,
    r0809_delete_all,
    r0810_key_of_aggregation,
    r0811_range_backwards,
    r0812_aggregate_by_type,
    r0813_not_by_bucket,
    r0814_plain_attribute,
    r0815_window_of_aggregation,
    r0816_aggregation_left,
    r0817_cron_joined,
    r0818_within_type,
}
