//! What is wrong with a message.

use thiserror::Error;

/// A message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// It would be longer than is allowed.
    #[error("a message of {bytes} bytes is longer than the {bytes_max} allowed")]
    TooLong {
        /// Bytes it would have at least.
        bytes: u64,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A part of it ends behind its end.
    #[error("{0} ends behind the message")]
    Short(&'static str),
    /// A length or count below zero, or more than what follows can hold.
    #[error("{what} cannot have a length of {value}")]
    Length {
        /// Of what.
        what: &'static str,
        /// As it stands there.
        value: i64,
    },
    /// A code that the protocol does not have.
    #[error("there is no {what} {code}")]
    Code {
        /// What kind of code.
        what: &'static str,
        /// As it stands there.
        code: i64,
    },
    /// A part that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Nested deeper than is allowed.
    #[error("nested deeper than {0}")]
    Deep(usize),
}
