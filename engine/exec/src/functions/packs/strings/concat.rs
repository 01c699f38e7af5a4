//! `str:concat`: all arguments as text, nulls left out.

use std::fmt::Write;

use riddhi_batch::{Arena, Data, Str, Type, push_double, push_float};
use riddhi_plan::registry::{Arg, ArgError, ArgType, BoundScalar, RowFailure, ScalarFunction};

use super::super::super::convert::short_decimal;
use super::super::columns::{Over, joined, of_columns};
use super::super::rowwise::{Out, Row, with_buffer};
use super::{LONGEST, bounded};
use crate::expr::{Side, side};

/// Arguments that are put together over columns.
const JOINED: usize = 8;

/// The function.
pub(super) struct Concat;

impl ScalarFunction for Concat {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        if args.len() < 2 {
            let message = format!("takes at least 2 arguments, found {}", args.len());
            return Err(ArgError::count(message, "give it what to put together"));
        }
        Ok(of_columns("str:concat", Type::String, of_row, over))
    }
}

fn of_row(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    (0..row.len()).for_each(|k| {
        row.cell(k).write(out);
    });
    bounded(out.len())?;
    Ok(Out::Text)
}

/// The values of an argument.
#[derive(Clone, Copy)]
enum Part<'a> {
    Text(Side<'a, Str>),
    Int(Side<'a, i32>),
    Long(Side<'a, i64>),
    Float(Side<'a, f32>),
    Double(Side<'a, f64>),
    Bool(Side<'a, u8>),
}

impl<'a> Part<'a> {
    fn of(arg: &Arg<'a>, n: usize) -> Option<Part<'a>> {
        Some(match arg.column.data {
            Data::Str(_) => Part::Text(side(arg, n)),
            Data::I32(_) => Part::Int(side(arg, n)),
            Data::I64(_) => Part::Long(side(arg, n)),
            Data::F32(_) => Part::Float(side(arg, n)),
            Data::F64(_) => Part::Double(side(arg, n)),
            Data::Bool(_) => Part::Bool(side(arg, n)),
            Data::Any(_) => return None,
        })
    }

    /// Puts that of row `i` behind all others; `number` is for what has to be written first.
    fn append(self, i: usize, arena: &mut Arena, number: &mut String) {
        number.clear();
        match self {
            Part::Text(text) => return append(text.at(i), arena),
            Part::Int(x) => return append_whole(x.at(i) as i64, arena, number),
            Part::Long(x) => return append_whole(x.at(i), arena, number),
            Part::Bool(x) => number.push_str(if x.at(i) != 0 { "true" } else { "false" }),
            Part::Float(x) => push_float(number, x.at(i)),
            Part::Double(x) => push_double(number, x.at(i)),
        }
        arena.push(number.as_bytes());
    }
}

fn over(over: &mut Over<'_>) -> bool {
    let (args, n) = (over.args, over.n);
    let mut parts = [Part::Text(Side::One(Str::EMPTY)); JOINED];
    let Some(parts) = parts.get_mut(..args.len()) else { return false };
    for (part, arg) in parts.iter_mut().zip(args) {
        let Some(of) = Part::of(arg, n) else { return false };
        *part = of;
    }
    let mut texts = [Side::One(Str::EMPTY); JOINED];
    let texts = &mut texts[..args.len()];
    let all_texts = texts.iter_mut().zip(&*parts).all(|(text, part)| match part {
        Part::Text(side) => {
            *text = *side;
            true
        }
        _ => false,
    });
    let (Data::Str(to), arena, left) = (&mut over.out.data, &mut *over.arena, &mut *over.left) else { return false };
    let mut done = |i: usize, start: usize, arena: &mut Arena| {
        if arena.len() - start <= LONGEST {
            return behind(start, arena);
        }
        arena.bytes_mut().truncate(start);
        left.push(i as u32);
        Str::EMPTY
    };
    if all_texts {
        to.extend((0..n).map(|i| {
            short(texts, i).map_or_else(
                || {
                    let start = arena.len();
                    texts.iter().for_each(|text| append(text.at(i), arena));
                    done(i, start, arena)
                },
                Str::from_word,
            )
        }));
    } else {
        with_buffer(|number| {
            to.extend((0..n).map(|i| {
                let start = arena.len();
                parts.iter().for_each(|part| part.append(i, arena, number));
                done(i, start, arena)
            }));
        });
    }
    over.leave_nulls();
    true
}

/// The texts of row `i` together, if that is short.
#[inline]
fn short(texts: &[Side<'_, Str>], i: usize) -> Option<u128> {
    texts.iter().try_fold(Str::EMPTY.word(), |word, text| {
        let text = text.at(i);
        if text.is_inline() { joined(word, text.word()) } else { None }
    })
}

/// Puts a text behind all others.
#[inline]
pub(super) fn append(text: Str, arena: &mut Arena) {
    if text.is_inline() {
        // All the word, whose size is known, and then off with what is too much.
        let (bytes, len) = (arena.bytes_mut(), text.len());
        let end = bytes.len() + len;
        bytes.extend_from_slice(&(text.word() >> 32).to_le_bytes()[..12]);
        bytes.truncate(end);
    } else {
        arena.repeat(text.offset(), text.len());
    }
}

/// Puts the digits of a number behind all others.
fn append_whole(x: i64, arena: &mut Arena, number: &mut String) {
    match short_decimal(x) {
        Some(digits) => append(digits, arena),
        None => {
            // Writing to a string cannot fail.
            let _ = write!(number, "{x}");
            arena.push(number.as_bytes());
        }
    }
}

/// The text that was written from `start` on; if it is short, its bytes go.
pub(super) fn behind(start: usize, arena: &mut Arena) -> Str {
    let bytes = &arena.bytes_mut()[start..];
    match Str::inline(bytes) {
        None => Str::placed(bytes, start as u64),
        Some(short) => {
            arena.bytes_mut().truncate(start);
            short
        }
    }
}
