//! The keywords. Every letter of a keyword may be in either case.

use crate::ast::TimeUnit;

/// Defines the keywords once: the variant, the spelling that messages use, other spellings.
macro_rules! keywords {
    ($($variant:ident $text:literal $(| $other:literal)*,)*) => {
        /// A keyword.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Kw {
            $($variant,)*
        }

        impl Kw {
            /// The keyword as messages show it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Kw::$variant => concat!("`", $text, "`"),)*
                }
            }

            fn of_packed(word: u128) -> Option<Kw> {
                // The compiler makes one search among integers of this, which it would not of texts.
                $(
                    if word == const { pack($text.as_bytes()) } $(|| word == const { pack($other.as_bytes()) })* {
                        return Some(Kw::$variant);
                    }
                )*
                None
            }
        }
    };
}

keywords! {
    App "app",
    Stream "stream",
    Define "define",
    Function "function",
    Trigger "trigger",
    Table "table",
    From "from",
    Partition "partition",
    Window "window",
    Select "select",
    Group "group",
    By "by",
    Order "order",
    Limit "limit",
    Offset "offset",
    Asc "asc",
    Desc "desc",
    Having "having",
    Insert "insert",
    Delete "delete",
    Update "update",
    Set "set",
    Return "return",
    Events "events",
    Into "into",
    Output "output",
    Expired "expired",
    Current "current",
    Snapshot "snapshot",
    For "for",
    Raw "raw",
    Of "of",
    As "as",
    At "at",
    Or "or",
    And "and",
    In "in",
    On "on",
    Is "is",
    Not "not",
    Within "within",
    With "with",
    Begin "begin",
    End "end",
    Null "null",
    Every "every",
    Last "last",
    All "all",
    First "first",
    Join "join",
    Inner "inner",
    Outer "outer",
    Right "right",
    Left "left",
    Full "full",
    Unidirectional "unidirectional",
    False "false",
    True "true",
    String "string",
    Int "int",
    Long "long",
    Float "float",
    Double "double",
    Bool "bool",
    Object "object",
    Aggregation "aggregation",
    Aggregate "aggregate",
    Per "per",
    Years "years" | "year",
    Months "months" | "month",
    Weeks "weeks" | "week",
    Days "days" | "day",
    Hours "hours" | "hour",
    Minutes "minutes" | "minute" | "min",
    Seconds "seconds" | "second" | "sec",
    Milliseconds "milliseconds" | "millisecond" | "millisec",
}

/// Length of the longest keyword, which fits the integer below.
const LENGTH_MAX: usize = "unidirectional".len();

/// A word of at most 16 bytes as one integer.
const fn pack(word: &[u8]) -> u128 {
    let mut packed = [0; 16];
    let mut at = 0;
    while at < word.len() {
        packed[at] = word[at].to_ascii_lowercase();
        at += 1;
    }
    u128::from_le_bytes(packed)
}

impl Kw {
    /// The keyword that `word` is, in any case.
    pub fn of(word: &str) -> Option<Kw> {
        if word.len() > LENGTH_MAX {
            return None;
        }
        Kw::of_packed(pack(word.as_bytes()))
    }

    /// The unit of time that the keyword names.
    pub fn unit(self) -> Option<TimeUnit> {
        Some(match self {
            Kw::Years => TimeUnit::Year,
            Kw::Months => TimeUnit::Month,
            Kw::Weeks => TimeUnit::Week,
            Kw::Days => TimeUnit::Day,
            Kw::Hours => TimeUnit::Hour,
            Kw::Minutes => TimeUnit::Minute,
            Kw::Seconds => TimeUnit::Second,
            Kw::Milliseconds => TimeUnit::Millisecond,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Kw;

    #[test]
    fn any_case_and_all_spellings() {
        for (word, expected) in [
            ("from", Some(Kw::From)),
            ("UniDirectional", Some(Kw::Unidirectional)),
            ("MIN", Some(Kw::Minutes)),
            ("millisec", Some(Kw::Milliseconds)),
            ("ms", None),
            ("unidirectionally", None),
            ("", None),
        ] {
            assert_eq!(Kw::of(word), expected, "{word}");
        }
    }
}
