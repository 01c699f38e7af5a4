//! What a request can have wrong by itself, whatever is at its path.

/// Why a request cannot be read. The connection ends: nobody knows where the next request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The request line.
    #[error("the request line is not METHOD TARGET HTTP/1.1")]
    Line,
    /// A header.
    #[error("a header is malformed")]
    Header,
    /// A line that does not end with CR LF.
    #[error("a line of the head does not end with CR LF")]
    LineEnd,
    /// A header that goes on in the next line.
    #[error("a header is folded into several lines")]
    Folded,
    /// Two lengths.
    #[error("the body has two lengths")]
    TwoLengths,
    /// No length.
    #[error("content-length is no number")]
    Length,
    /// A chunk.
    #[error("the chunked body is malformed")]
    Chunk,
    /// A request line that is too long.
    #[error("the request line is too long")]
    TargetTooLong,
    /// A head that is too long.
    #[error("the headers are too long or too many")]
    HeadTooLong,
    /// A transfer coding.
    #[error("only the transfer coding chunked is known")]
    Coding,
    /// An HTTP version.
    #[error("only HTTP/1.1 and HTTP/1.0 are known")]
    Version,
    /// The body is larger than the bound.
    #[error("the body is too large")]
    TooLarge,
    /// It did not come in time.
    #[error("the request did not come in time")]
    Late,
}

impl Wrong {
    /// The status it is answered with.
    pub fn status(self) -> u16 {
        match self {
            Wrong::Late => 408,
            Wrong::TooLarge => 413,
            Wrong::TargetTooLong => 414,
            Wrong::HeadTooLong => 431,
            Wrong::Coding => 501,
            Wrong::Version => 505,
            _ => 400,
        }
    }
}
