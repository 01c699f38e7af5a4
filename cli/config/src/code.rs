//! The codes of what is told about a configuration. A code is never given to another mistake.

use riddhi_ql::Code;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Code = Code($code);)*

        /// All codes of a configuration with what they mean.
        pub const ALL: &[(Code, &str)] = &[$(($name, concat!($($doc),+)),)*];
    };
}

codes! {
    /// the file is not YAML, or not UTF-8
    NOT_YAML = "C0001";
    /// the file is too large, too deep, or has too many values
    LIMIT = "C0002";
    /// a placeholder that is not closed, or of a kind that does not exist
    PLACEHOLDER = "C0003";
    /// an environment variable or property that is not set, and no default
    NOT_SET = "C0004";
    /// a secret of Secure Vault, which Riddhi does not read
    VAULT = "C0005";
    /// a value of another kind: a text for a number, a list for a section
    KIND = "C0006";
    /// a number outside of its range
    RANGE = "C0007";
    /// a word that is none of those possible
    CHOICE = "C0008";
    /// a key that is needed is not there
    MISSING = "C0009";
    /// a setting that Riddhi does not support
    UNSUPPORTED = "C0010";
    /// there is no such datasource
    DATASOURCE = "C0011";
    /// the URL of a database that cannot be read
    URL = "C0012";
    /// settings that contradict each other
    CONTRADICTION = "C0013";
    /// a key that nobody knows
    UNKNOWN_KEY = "C0101";
    /// a key twice in one section
    TWICE = "C0102";
    /// a parameter of a database URL that nobody knows
    UNKNOWN_PARAMETER = "C0103";
    /// an environment variable that has the form of an override and sets nothing
    OVERRIDE = "C0104";
    /// passwords that everybody knows, or that stand in the file
    CREDENTIALS = "C0105";
    /// a node without a name of its own
    NODE_ID = "C0106";
    /// a setting without effect in this combination
    NO_EFFECT = "C0107";
    /// a file whose path cannot be told
    NO_PATH = "C0108";
    /// the database cannot be reached, or does not answer
    UNREACHABLE = "C0201";
    /// the database does not let the user in, or is not there
    LOGIN = "C0202";
    /// the user lacks a privilege in the database
    PRIVILEGE = "C0203";
    /// the tables of Riddhi are missing, too old or too new
    SCHEMA = "C0204";
    /// the database only reads
    READ_ONLY = "C0205";
    /// a pair of WSO2 SP runs on the same database
    OLD_PAIR = "C0206";
    /// a pooler stands before the database
    POOLER = "C0207";
    /// the clocks of node and database differ
    CLOCK = "C0208";
    /// another group is alive in the database
    OTHER_GROUP = "C0209";
    /// another node has the same id
    SAME_ID = "C0210";
    /// the database cannot be used for another reason
    DATABASE = "C0211";
    /// the other node cannot be reached where it says it is
    PEER = "C0212";
}
