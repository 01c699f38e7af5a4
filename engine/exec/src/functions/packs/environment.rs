//! `env:`: what the host tells of itself, asked once while the app is compiled; and the address in a header, which asks nothing.

use std::net::Ipv4Addr;
use std::sync::Arc;

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Host, HostValue, Registry, RowFailure, ScalarFunction};

use super::super::convert::from_text;
use super::super::type_word;
use super::rowwise::{Out, Row, of_row};
use super::signature::{Checked, STRING, check};

/// Characters of a value that a message shows.
const SHOWN: usize = 60;

pub(super) fn register(registry: &mut Registry) {
    let origin = Checked {
        overloads: &[&[STRING]],
        make: |_| Ok(of_row("env:getOriginIPFromXForwarded", Type::String, origin)),
    };
    registry.scalar("env", "getOriginIPFromXForwarded", Arc::new(origin));
    for function in ASKING {
        registry.scalar("env", &function.name["env:".len()..], Arc::new(function));
    }
}

/// What asks the host.
#[derive(Clone, Copy)]
struct Asks {
    name: &'static str,
    value: HostValue,
    /// Whether the second argument says the type.
    typed: bool,
}

/// Siddhi has the first two the wrong way round, and so they are here.
const ASKING: [Asks; 3] = [
    Asks { name: "env:getEnvironmentProperty", value: HostValue::Property, typed: false },
    Asks { name: "env:getSystemProperty", value: HostValue::Variable, typed: false },
    Asks { name: "env:getYAMLProperty", value: HostValue::Setting, typed: true },
];

impl ScalarFunction for Asks {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        self.bind_by(args, &Host::default())
    }

    fn bind_in(&self, args: &[ArgType], registry: &Registry) -> Result<BoundScalar, ArgError> {
        self.bind_by(args, registry.host())
    }
}

impl Asks {
    fn bind_by(&self, args: &[ArgType], host: &Host) -> Result<BoundScalar, ArgError> {
        let ty = self.result(args)?;
        let default = if self.typed { 2 } else { 1 };
        let Some(Value::Str(key)) = &args[0].constant else {
            let help = "give the key as a constant: what the host says is asked once, so that every run of the app is told the same";
            return Err(ArgError::at(0, "the key must be a constant string", help));
        };
        let told = host.ask(self.value, key).map_err(|_| {
            let help = "only what the app's text asks for was asked when the app began";
            ArgError::at(0, format!("the app has not asked for '{key}'"), help)
        })?;
        let (fixed, default) =
            (told.map(|text| value(&text, ty, key)).transpose()?, args.get(default).map(|_| default));
        let kernel = move |row: &Row<'_>, out: &mut String| match (&fixed, default) {
            (Some(value), _) => Ok(given(value, out)),
            (None, Some(default)) => match row.cell(default).into() {
                Value::Null => Ok(Out::Null),
                value if value.ty() == Some(ty) => Ok(given(&value, out)),
                _ => Err(RowFailure::new(format!("argument {} is no {ty}", default + 1))),
            },
            (None, None) => Ok(Out::Null),
        };
        Ok(of_row(self.name, ty, kernel))
    }

    /// The type of the result, if it takes these arguments.
    fn result(&self, args: &[ArgType]) -> Result<Type, ArgError> {
        if !self.typed {
            check(args, &[&[STRING], &[STRING, STRING]])?;
            return Ok(Type::String);
        }
        check(&args[..args.len().min(2)], &[&[STRING], &[STRING, STRING]])?;
        let ty = if args.len() == 1 { Type::String } else { type_word(&args[..2])? };
        match args.get(2) {
            _ if args.len() > 3 => {
                let help = "give a key, a type and what is taken if the configuration says nothing";
                Err(ArgError::count(format!("takes 1 to 3 arguments, found {}", args.len()), help))
            }
            Some(default) if default.ty != ty => {
                let help = "give the same type as the second argument names";
                Err(ArgError::at(2, format!("takes {ty} here, found {}", default.ty), help))
            }
            _ => Ok(ty),
        }
    }
}

/// The text as a value of that type.
fn value(text: &str, ty: Type, key: &str) -> Result<Value, ArgError> {
    let value = if ty == Type::String { Value::Str(text.into()) } else { from_text(text, ty) };
    if value.is_null() {
        let shown: String = text.chars().take(SHOWN).collect();
        let message = format!("the configuration says '{shown}' for '{key}', which is no {ty}");
        return Err(ArgError::at(1, message, "name its type, or change the configuration"));
    }
    Ok(value)
}

fn given(value: &Value, out: &mut String) -> Out {
    match value {
        Value::Int(x) => Out::Int(*x),
        Value::Long(x) => Out::Long(*x),
        Value::Float(x) => Out::Float(*x),
        Value::Double(x) => Out::Double(*x),
        Value::Bool(x) => Out::Bool(*x),
        Value::Str(text) => {
            out.push_str(text);
            Out::Text
        }
        _ => Out::Null,
    }
}

/// The first address of a list that is none of a private network; null if there is none.
fn origin(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let Some(list) = row.text(0)? else { return Ok(Out::Null) };
    let public = |address: &Ipv4Addr| {
        !(address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified())
    };
    let found = list.split(',').map(str::trim).find(|part| part.parse().is_ok_and(|address| public(&address)));
    Ok(found.map_or(Out::Null, |address| {
        out.push_str(address);
        Out::Text
    }))
}
