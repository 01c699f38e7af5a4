//! Sources, sinks and mappers.

mod r0901_unknown_option;
mod r0902_option_missing;
mod r0903_bad_value;
mod r0904_options_at_odds;
mod r0905_not_dynamic;
mod r0906_unknown_placeholder;
mod r0907_unknown_attribute;
mod r0908_attribute_missing;
mod r0909_mixed_attributes;
mod r0910_no_column;
mod r0911_one_payload;
mod r0912_no_mapping;
mod r0913_unknown_annotation;
mod r0914_no_key;
mod r0915_no_payload;
mod r0916_unknown_property;

family! {
    r0901_unknown_option,
    r0902_option_missing,
    r0903_bad_value,
    r0904_options_at_odds,
    r0905_not_dynamic,
    r0906_unknown_placeholder,
    r0907_unknown_attribute,
    r0908_attribute_missing,
    r0909_mixed_attributes,
    r0910_no_column,
    r0911_one_payload,
    r0912_no_mapping,
    r0913_unknown_annotation,
    r0914_no_key,
    r0915_no_payload,
    r0916_unknown_property,
}
