//! Script languages: functions that an app defines itself.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::Type;

use super::ScalarFunction;

/// A language in which an app may define functions.
pub trait ScriptLanguage: Send + Sync {
    /// The function of a script: its name, the text between the braces, and the type that it says it returns.
    fn compile(&self, name: &str, body: &str, returns: Type) -> Result<ScriptFunction, ScriptError>;
}

/// A function out of a script.
#[derive(Clone)]
pub struct ScriptFunction(pub Arc<dyn ScalarFunction>);

impl fmt::Debug for ScriptFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a script")
    }
}

/// Why a script cannot be read.
#[derive(Clone, Debug)]
pub struct ScriptError {
    /// What is wrong.
    pub what: String,
    /// In which line of the text between the braces, from 1.
    pub line: Option<u32>,
}
