//! `#json:tokenize(json, path[, fail])` and `#json:tokenizeAsObject(...)`: a row for each element of what the path finds.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Kind, Schema, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, RowFailure, Spreads, StreamFunction};

use super::{ROWS_MAX, Several, Spread, too_many};
use crate::functions::{PathOf, parsed};
use crate::json::{self, Found, Item, NoNumber, Path, Tree, find, write_value};

/// The function: whether elements stay objects.
pub(super) struct Tokenize {
    pub(super) objects: bool,
}

struct Tokens {
    objects: bool,
    /// Whether a row without elements gives none.
    fails: bool,
    path: PathOf,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.objects { "json:tokenizeAsObject" } else { "json:tokenize" })
    }
}

impl StreamFunction for Tokenize {
    fn bind(&self, args: &[ArgType], _input: &Schema) -> Result<BoundStream, ArgError> {
        const HELP: &str = "give a JSON text or object, a path and, if events without elements should pass, `false`";
        if !(2..=3).contains(&args.len()) {
            return Err(ArgError::count(format!("takes 2 or 3 arguments, found {}", args.len()), HELP));
        }
        if !matches!(args[0].ty, Type::String | Type::Object) {
            return Err(ArgError::at(0, format!("takes string or object here, found {}", args[0].ty), HELP));
        }
        if args[1].ty != Type::String {
            return Err(ArgError::at(1, format!("takes string here, found {}", args[1].ty), HELP));
        }
        let fails = match args.get(2).map(|arg| &arg.constant) {
            None => true,
            Some(Some(Value::Bool(fails))) => *fails,
            Some(_) => {
                return Err(ArgError::at(
                    2,
                    "whether an event without elements is dropped must be a constant bool",
                    HELP,
                ));
            }
        };
        let ty = if self.objects { Type::Object } else { Type::String };
        let kind = if self.objects { Kind::Any } else { Kind::Str };
        let adds = vec![Attribute { name: "jsonElement".to_owned(), ty, kind }];
        let kernel = Arc::new(Spread(Tokens { objects: self.objects, fails, path: PathOf::argument(args)? }));
        Ok(BoundStream { adds, kernel })
    }
}

impl Tokens {
    fn tokens(&self, args: &[Column], row: usize, arena: &Arena) -> Result<Vec<Value>, RowFailure> {
        let text = match args[0].value(row, arena) {
            Value::Null => return Err(RowFailure::new("argument 1 is null")),
            Value::Str(text) => text,
            value => {
                let mut text = String::new();
                write_value(&value, &mut text).map_err(no_number)?;
                text.into()
            }
        };
        let path = || match args[1].value(row, arena) {
            Value::Str(path) => Ok(path),
            _ => Err(RowFailure::new("argument 2 is null")),
        };
        self.path.with(path, |path| parsed(&text, |tree| self.found(tree, path)))
    }

    fn found(&self, tree: Tree<'_>, path: &Path) -> Result<Vec<Value>, RowFailure> {
        let nothing = || if self.fails { Vec::new() } else { vec![Value::Null] };
        let list: Vec<Item> = match find(tree, path).map_err(RowFailure::new)? {
            Found::Missing => return Ok(nothing()),
            Found::Many(all) => all,
            Found::One(Item::Node(node)) => match tree.kind(node) {
                json::Kind::Array => tree.elements(node).map(Item::Node).collect(),
                json::Kind::Null => return Ok(nothing()),
                json::Kind::Text(span) => return Ok(vec![Value::Str(tree.span(span).into())]),
                json::Kind::Object => vec![Item::Node(node)],
                // Siddhi passes over a number or a bool.
                _ => return Ok(Vec::new()),
            },
            Found::One(item @ Item::Members(_)) => vec![item],
            Found::One(_) => return Ok(Vec::new()),
        };
        if list.is_empty() {
            return Ok(nothing());
        }
        if list.len() > ROWS_MAX {
            return Err(too_many());
        }
        let token = |item: &Item| match self.objects {
            true => Ok(item.value(tree)),
            false => {
                let mut text = String::new();
                item.write(tree, &mut text).map_err(no_number)?;
                Ok(Value::Str(text.into()))
            }
        };
        list.iter().map(token).collect()
    }
}

fn no_number(_: NoNumber) -> RowFailure {
    RowFailure::new("JSON has no digits for NaN and the infinities")
}

impl Several for Tokens {
    type Added = [Value; 1];
    const SPREADS: Spreads = Spreads::Together;

    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure> {
        out.extend(self.tokens(args, row, arena)?.into_iter().map(|token| [token]));
        Ok(())
    }
}
