//! The codes of syntax diagnostics. A code is never given to another mistake.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Code = Code($code);)*

        /// All syntax codes with what they mean.
        pub const ALL: &[(Code, &str)] = &[$(($name, concat!($($doc),+)),)*];
    };
}

codes! {
    /// something else was expected here
    UNEXPECTED = "S0001";
    /// a character that starts no token
    UNKNOWN_CHARACTER = "S0002";
    /// a string or quoted name without its end
    NOT_CLOSED = "S0003";
    /// a character that a string cannot contain
    STRING_CHARACTER = "S0004";
    /// an int number outside of 32 bits
    INT_RANGE = "S0005";
    /// a long number outside of 64 bits
    LONG_RANGE = "S0006";
    /// nested too deeply
    NESTING = "S0007";
    /// an expression of too many parts
    EXPRESSION_SIZE = "S0008";
    /// an operator of other languages
    OPERATOR = "S0009";
    /// statements without a semicolon between them
    SEMICOLON_MISSING = "S0010";
    /// a semicolon without a statement
    EMPTY_STATEMENT = "S0011";
    /// an app without a definition
    NO_DEFINITION = "S0012";
    /// a definition after a query
    DEFINITION_AFTER_QUERY = "S0013";
    /// an app annotation after a definition
    APP_ANNOTATION_PLACE = "S0014";
    /// something else than a query in a partition
    IN_PARTITION = "S0015";
    /// a partition without queries
    EMPTY_PARTITION = "S0016";
    /// the definition of an inner or fault element
    DEFINE_MARKED = "S0017";
    /// an attribute twice in a definition
    ATTRIBUTE_TWICE = "S0018";
    /// a type that does not exist
    TYPE = "S0019";
    /// a granularity that aggregations do not have
    GRANULARITY = "S0020";
    /// `outer join` without left, right or full
    OUTER_JOIN = "S0021";
    /// an expression without a name in `select`
    ALIAS_MISSING = "S0022";
    /// `limit` or `offset` of something else than a number
    LIMIT = "S0023";
    /// `limit` or `offset` of a number that is not whole
    LIMIT_TYPE = "S0024";
    /// an inner or fault stream where a table is needed
    TARGET = "S0025";
    /// a clause at the wrong place
    CLAUSE_ORDER = "S0026";
    /// a window at the wrong place
    WINDOW_PLACE = "S0027";
    /// states that cannot stand together in this way
    STATES = "S0028";
    /// an absent state without its time
    ABSENT_TIME = "S0029";
    /// a count where none can be
    COUNT = "S0030";
    /// `within` without `per`, or `per` without `within`
    WITHIN_PER = "S0031";
    /// a time value that is none
    TIME = "S0032";
    /// an annotation value that is none
    ANNOTATION = "S0033";
    /// a text that is too long
    TEXT_SIZE = "S0034";
    /// more mistakes than are shown
    TOO_MANY = "S0035";
    /// a variable without a value
    VARIABLE = "S0036";
    /// `is null` after something that has no null test
    IS_NULL = "S0037";
    /// a keyword where a real identifier is needed
    IDENTIFIER = "S0038";
}
