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

            fn of_lower(word: &[u8]) -> Option<Kw> {
                // Compared as bytes: the compiler turns this into a switch on length and content.
                $(
                    if word == $text.as_bytes() $(|| word == $other.as_bytes())* {
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

/// Length of the longest keyword.
const LENGTH_MAX: usize = "unidirectional".len();

impl Kw {
    /// The keyword that `word` is, in any case.
    pub fn of(word: &str) -> Option<Kw> {
        let mut lower = [0; LENGTH_MAX];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Kw::of_lower(lower)
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
