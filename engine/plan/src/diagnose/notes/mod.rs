//! What runs, and where Siddhi's answer would be another.

mod r0701_async_size;
mod r0702_extreme_of;
mod r0703_for_ever;
mod r0704_filter_after_batch;
mod r0705_null_argument;
mod r0706_deviation;
mod r0707_long_sum;
mod r0708_equal_extremes;
mod r0709_joined_keys;
mod r0710_null_coordinate;
mod r0711_window_failures;
mod r0712_union_set;
mod r0713_whole_average;
mod r0714_filtered_aggregation;
mod r0715_purged;
mod r0720_first_of_one;
mod r0721_first_after_batch;
mod r0722_snapshot_of_aggregates;
mod r0723_snapshot_expiry;
mod r0724_playback_rate;
mod r0730_async_chunks;
mod r0731_no_statistics;
mod r0732_no_error_store;
mod r0740_pattern_results;
mod r0741_row_by_row;
mod r0742_no_order_in_groups;

family! {
    r0701_async_size,
    r0702_extreme_of,
    r0703_for_ever,
    r0704_filter_after_batch,
    r0705_null_argument,
    r0706_deviation,
    r0707_long_sum,
    r0708_equal_extremes,
    r0709_joined_keys,
    r0710_null_coordinate,
    r0711_window_failures,
    r0712_union_set,
    r0713_whole_average,
    r0714_filtered_aggregation,
    r0715_purged,
    r0720_first_of_one,
    r0721_first_after_batch,
    r0722_snapshot_of_aggregates,
    r0723_snapshot_expiry,
    r0724_playback_rate,
    r0730_async_chunks,
    r0731_no_statistics,
    r0732_no_error_store,
    r0740_pattern_results,
    r0741_row_by_row,
    r0742_no_order_in_groups,
}
