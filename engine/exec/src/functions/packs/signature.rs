//! What arguments a function of a pack takes: lists of types, one list an overload, compared exactly as Siddhi does.

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, ScalarFunction};

/// Types that one argument may have, as bits.
pub(crate) type Types = u8;

pub(crate) const INT: Types = 1;
pub(crate) const LONG: Types = 2;
pub(crate) const FLOAT: Types = 4;
pub(crate) const DOUBLE: Types = 8;
pub(crate) const STRING: Types = 16;
pub(crate) const BOOL: Types = 32;
pub(crate) const OBJECT: Types = 64;
pub(crate) const ANY: Types = 127;
pub(crate) const NUMBER: Types = INT | LONG | FLOAT | DOUBLE;
pub(crate) const REAL: Types = FLOAT | DOUBLE;
pub(crate) const WHOLE: Types = INT | LONG;

fn bit(ty: Type) -> Types {
    match ty {
        Type::Int => INT,
        Type::Long => LONG,
        Type::Float => FLOAT,
        Type::Double => DOUBLE,
        Type::String => STRING,
        Type::Bool => BOOL,
        Type::Object => OBJECT,
    }
}

fn words(types: Types) -> String {
    let all = [Type::Int, Type::Long, Type::Float, Type::Double, Type::String, Type::Bool, Type::Object];
    let names: Vec<String> = all.into_iter().filter(|t| bit(*t) & types != 0).map(|t| t.to_string()).collect();
    names.join(" or ")
}

/// A function whose arguments are checked by lists of types before it is bound.
pub(crate) struct Checked {
    /// The overloads.
    pub overloads: &'static [&'static [Types]],
    /// Makes the function of arguments that passed.
    pub make: fn(&[ArgType]) -> Result<BoundScalar, ArgError>,
}

impl ScalarFunction for Checked {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        check(args, self.overloads)?;
        (self.make)(args)
    }
}

/// Refuses arguments that no overload takes.
pub(crate) fn check(args: &[ArgType], overloads: &[&[Types]]) -> Result<(), ArgError> {
    let fits = |overload: &&[Types]| {
        overload.len() == args.len() && overload.iter().zip(args).all(|(types, arg)| types & bit(arg.ty) != 0)
    };
    if overloads.iter().any(fits) {
        return Ok(());
    }
    let of_length: Vec<&&[Types]> = overloads.iter().filter(|o| o.len() == args.len()).collect();
    if of_length.is_empty() {
        let mut counts: Vec<usize> = overloads.iter().map(|o| o.len()).collect();
        counts.dedup();
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        let noun = if counts == ["1"] { "argument" } else { "arguments" };
        let message = format!("takes {} {noun}, found {}", counts.join(" or "), args.len());
        return Err(ArgError::count(message, help(overloads)));
    }
    // The first argument that fits none of the overloads whose earlier arguments fit.
    let mut left = of_length;
    for (k, arg) in args.iter().enumerate() {
        let wanted = left.iter().fold(0, |all, o| all | o[k]);
        if wanted & bit(arg.ty) == 0 {
            let message = format!("takes {} here, found {}", words(wanted), arg.ty);
            return Err(ArgError::at(k, message, help(overloads)));
        }
        left.retain(|o| o[k] & bit(arg.ty) != 0);
    }
    Ok(())
}

fn help(overloads: &[&[Types]]) -> String {
    let list = |types: &&[Types]| format!("({})", types.iter().map(|t| words(*t)).collect::<Vec<_>>().join(", "));
    let all: Vec<String> = overloads.iter().map(list).collect();
    format!("give {}", all.join(" or "))
}
