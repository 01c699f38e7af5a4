//! What runs, but hardly as meant.

mod r0601_fails_always;
mod r0602_never_expires;
mod r0603_limit_zero;
mod r0604_empty_window;
mod r0605_never_due;
mod r0606_annotation_typo;
mod r0607_deletes_nothing;

family! {
    r0601_fails_always,
    r0602_never_expires,
    r0603_limit_zero,
    r0604_empty_window,
    r0605_never_due,
    r0606_annotation_typo,
    r0607_deletes_nothing,
}
