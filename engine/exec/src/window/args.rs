//! What a window's arguments must be.

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType};

/// The constant int that argument `at` must be.
pub(super) fn const_int(args: &[ArgType], at: usize, what: &str) -> Result<i32, ArgError> {
    match &args[at].constant {
        Some(Value::Int(n)) => Ok(*n),
        Some(Value::Long(n)) if args[at].ty == Type::Long => Err(ArgError::at(
            at,
            format!("{what} must be an int, not a long"),
            format!("write `{n}` without the suffix"),
        )),
        Some(_) => {
            Err(ArgError::at(at, format!("{what} must be an int, not a {}", args[at].ty), "give a whole number"))
        }
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give one literal, not an expression")),
    }
}

/// The constant int, long or time that argument `at` must be, in milliseconds.
pub(super) fn const_time(args: &[ArgType], at: usize, what: &str) -> Result<i64, ArgError> {
    match &args[at].constant {
        Some(Value::Int(n)) => Ok(*n as i64),
        Some(Value::Long(n)) => Ok(*n),
        Some(_) => Err(ArgError::at(
            at,
            format!("{what} must be a time, not a {}", args[at].ty),
            "for example `1 sec` or 1000",
        )),
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give one literal, for example `1 sec`")),
    }
}

/// The constant bool that argument `at` must be.
pub(super) fn const_bool(args: &[ArgType], at: usize, what: &str) -> Result<bool, ArgError> {
    match &args[at].constant {
        Some(Value::Bool(b)) => Ok(*b),
        Some(_) => Err(ArgError::at(at, format!("{what} must be a bool, not a {}", args[at].ty), "give true or false")),
        None => Err(ArgError::at(at, format!("{what} must be a constant"), "give true or false")),
    }
}

/// Complains unless there are between `least` and `most` arguments.
pub(super) fn arity(name: &str, args: &[ArgType], least: usize, most: usize, usage: &str) -> Result<(), ArgError> {
    if (least..=most).contains(&args.len()) {
        return Ok(());
    }
    let wanted = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    let noun = if most == 1 { "argument" } else { "arguments" };
    Err(ArgError::count(format!("`{name}` takes {wanted} {noun}, not {}", args.len()), format!("write `{usage}`")))
}
