//! `#str:tokenize(text, pattern[, distinct])`: a row for each piece between matches, each a chunk of its own.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Kind, Schema, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, RowFailure, Spreads, StreamFunction};

use super::{ROWS_MAX, Several, Spread, too_many};
use crate::functions::Pattern;

pub(super) struct Tokenize;

struct Pieces {
    pattern: Pattern,
    distinct: bool,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("str:tokenize")
    }
}

impl StreamFunction for Tokenize {
    fn bind(&self, args: &[ArgType], _input: &Schema) -> Result<BoundStream, ArgError> {
        const HELP: &str = "write `#str:tokenize(text, ',')`, or `#str:tokenize(text, ',', true)` for each piece once";
        if !(2..=3).contains(&args.len()) {
            return Err(ArgError::count(format!("takes 2 or 3 arguments, found {}", args.len()), HELP));
        }
        if args[0].ty != Type::String {
            return Err(ArgError::at(0, format!("takes string here, found {}", args[0].ty), HELP));
        }
        let Some(Value::Str(text)) = &args[1].constant else {
            return Err(ArgError::at(1, "the pattern must be a constant string", HELP));
        };
        let pattern =
            Pattern::new(text).map_err(|why| ArgError::at(1, format!("'{text}' is no pattern: {why}"), HELP))?;
        let distinct = match args.get(2).map(|arg| &arg.constant) {
            None => false,
            Some(Some(Value::Bool(distinct))) => *distinct,
            Some(_) => return Err(ArgError::at(2, "whether each piece comes once must be a constant bool", HELP)),
        };
        let adds = vec![Attribute { name: "token".to_owned(), ty: Type::String, kind: Kind::Str }];
        Ok(BoundStream { adds, kernel: Arc::new(Spread(Pieces { pattern, distinct })) })
    }
}

impl Pieces {
    fn of<'a>(&self, text: &'a str) -> Result<Vec<&'a str>, RowFailure> {
        let (mut pieces, mut start) = (Vec::new(), 0);
        self.pattern.every(text, |found| {
            let all = found.all();
            if all.end > 0 && !(all.is_empty() && all.start == text.len()) {
                pieces.push(&text[start..all.start]);
                start = all.end;
            }
            Ok(pieces.len() <= ROWS_MAX)
        })?;
        if pieces.len() > ROWS_MAX {
            return Err(too_many());
        }
        // A text that is not split is one piece, even if it is empty; else empty ones at the end do not count.
        let whole = pieces.is_empty();
        pieces.push(&text[start..]);
        while !whole && pieces.last().is_some_and(|piece| piece.is_empty()) {
            pieces.pop();
        }
        if self.distinct {
            let mut seen = HashSet::new();
            pieces.retain(|piece| seen.insert(*piece));
        }
        Ok(pieces)
    }
}

impl Several for Pieces {
    type Added = [Value; 1];
    const SPREADS: Spreads = Spreads::Apart;

    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure> {
        let Value::Str(text) = args[0].value(row, arena) else {
            return Err(RowFailure::new("argument 1 is null"));
        };
        out.extend(self.of(&text)?.into_iter().map(|piece| [Value::Str(piece.into())]));
        Ok(())
    }
}
