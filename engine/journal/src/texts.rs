//! Texts of a column; if they are few different ones, each of them once.
//!
//! | a column of texts | |
//! |---|---|
//! | different texts, 0: each row has its own | u8 |
//! | the texts | their lengths (numbers, u32), then all bytes |
//! | of different texts: which of them each row has | numbers, u8 |
//!
//! A row that is null has the empty text.

use riddhi_batch::{Arena, Column, Str};

use crate::bytes::{Cursor, Wrong};
use crate::packed;

/// Rows from which on it pays to look for equal texts.
const ROWS_MIN: usize = 16;

/// Places where a text is looked for; a power of two, and more than twice the different texts.
const PLACES: usize = 1024;

/// Room that is used again from column to column.
#[derive(Debug, Default)]
pub struct Room {
    /// Without those of rows that are null.
    there: Vec<Str>,
    different: Vec<Str>,
    codes: Vec<u8>,
    lengths: Vec<u32>,
}

/// Appends the texts of the rows `first` and on of a column, which are `texts`.
pub fn put(column: &Column, texts: &[Str], first: usize, arena: &Arena, room: &mut Room, out: &mut Vec<u8>) {
    if texts.is_empty() {
        return;
    }
    let Room { there, different, codes, lengths } = room;
    let nulls = column.nulls.get(first..first + texts.len()).filter(|nulls| nulls.contains(&1));
    let texts = match nulls {
        None => texts,
        Some(nulls) => {
            there.clear();
            there.extend(texts.iter().zip(nulls).map(|(s, &null)| if null == 1 { Str::EMPTY } else { *s }));
            there
        }
    };
    if find_different(texts, different, codes) {
        out.push(different.len() as u8);
        put_each(different, arena, lengths, out);
        packed::put(codes, out);
    } else {
        out.push(0);
        put_each(texts, arena, lengths, out);
    }
}

/// The different ones among texts, and of each text its place there; whether they are few.
fn find_different(texts: &[Str], different: &mut Vec<Str>, codes: &mut Vec<u8>) -> bool {
    different.clear();
    codes.clear();
    if texts.len() < ROWS_MIN {
        return false;
    }
    let most = (texts.len() / 2).min(usize::from(u8::MAX));
    // By place: the number of the text there, counted from 1.
    let mut places = [0u8; PLACES];
    codes.reserve(texts.len());
    for text in texts {
        let mut place = place(*text);
        loop {
            match places[place].checked_sub(1) {
                None if different.len() < most && text.is_inline() => {
                    codes.push(different.len() as u8);
                    different.push(*text);
                    places[place] = different.len() as u8;
                    break;
                }
                None => return false,
                Some(code) if different[usize::from(code)].word() == text.word() => {
                    codes.push(code);
                    break;
                }
                Some(_) => place = (place + 1) % PLACES,
            }
        }
    }
    true
}

/// Where a text is looked for first.
#[inline]
fn place(text: Str) -> usize {
    let word = text.word();
    let folded = (word as u64 ^ (word >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (folded >> 32) as usize % PLACES
}

/// Lengths and bytes.
fn put_each(texts: &[Str], arena: &Arena, lengths: &mut Vec<u32>, out: &mut Vec<u8>) {
    /// Texts that are put together.
    const SOME: usize = 64;
    const WORD: usize = size_of::<u128>();
    lengths.clear();
    lengths.extend(texts.iter().map(|s| s.len() as u32));
    packed::put(lengths, out);
    let mut room = [0; SOME * WORD];
    for texts in texts.chunks(SOME) {
        if texts.iter().any(|s| !s.is_inline()) {
            texts.iter().for_each(|s| out.extend_from_slice(s.bytes(arena)));
            continue;
        }
        // Those of a short text are put down with what lies behind them in its word, and the next is put over that.
        let mut at = 0;
        for text in texts {
            room[at..at + WORD].copy_from_slice(&(text.word() >> 32).to_le_bytes());
            at += text.len();
        }
        out.extend_from_slice(&room[..at]);
    }
}

/// Reads the texts of `n` rows and appends them.
pub fn take(from: &mut Cursor<'_>, n: usize, to: &mut Vec<Str>, arena: &mut Arena) -> Result<(), Wrong> {
    if n == 0 {
        return Ok(());
    }
    match usize::from(from.u8()?) {
        0 => take_each(from, n, to, arena),
        many => {
            let mut different = Vec::with_capacity(many);
            take_each(from, many, &mut different, arena)?;
            let before = to.len();
            packed::take(from, n, to, |code: u8| different.get(usize::from(code)).copied().unwrap_or(NONE))?;
            let unknown = to[before..].iter().any(|s| s.word() == NONE.word());
            if unknown { Err("a row has a text that is not there") } else { Ok(()) }
        }
    }
}

/// No text: none has so many bytes that this were its word.
const NONE: Str = Str::from_word(u128::MAX);

fn take_each(from: &mut Cursor<'_>, n: usize, to: &mut Vec<Str>, arena: &mut Arena) -> Result<(), Wrong> {
    for length in packed::all::<u32>(from, n)? {
        let text = from.take(length as usize)?;
        if !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return Err("a text is not UTF-8");
        }
        to.push(Str::new(text, arena));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::Kind;

    /// The bytes of texts, which must come back.
    fn bytes(texts: &[Option<&str>]) -> Vec<u8> {
        let (mut column, mut arena) = (Column::new(Kind::Str), Arena::new());
        for text in texts {
            match text {
                Some(text) => column.push_str(Str::new(text.as_bytes(), &mut arena)),
                None => column.push_null(),
            }
        }
        let riddhi_batch::Data::Str(all) = &column.data else { panic!("of texts") };
        let mut out = Vec::new();
        put(&column, all, 0, &arena, &mut Room::default(), &mut out);
        let (mut from, mut back, mut there) = (Cursor { rest: &out }, Vec::new(), Arena::new());
        take(&mut from, texts.len(), &mut back, &mut there).unwrap();
        from.end().unwrap();
        for (text, back) in texts.iter().zip(back) {
            assert_eq!(back.bytes(&there), text.unwrap_or_default().as_bytes());
        }
        for cut in 0..out.len() {
            assert!(take(&mut Cursor { rest: &out[..cut] }, texts.len(), &mut Vec::new(), &mut Arena::new()).is_err());
        }
        out
    }

    #[test]
    fn few_texts_are_written_once() {
        assert_eq!(bytes(&[]).len(), 0);
        let names = ["IBM", "WSO2", "GOOG"];
        let some: Vec<Option<&str>> = (0..300).map(|i| Some(names[i % 3])).collect();
        // How many, lengths, bytes; then codes.
        assert_eq!(bytes(&some).len(), 1 + (6 + 3) + 11 + (1 + 300));
        let nulls: Vec<Option<&str>> = (0..300).map(|i| (i % 4 > 0).then(|| names[i % 3])).collect();
        assert_eq!(bytes(&nulls).len(), 1 + (6 + 4) + 11 + (1 + 300));
        assert_eq!(bytes(&[Some("same"); 20]).len(), 1 + 6 + 4 + 3);
    }

    #[test]
    fn many_or_long_texts_are_written_as_they_are() {
        let all: Vec<String> = (0..2000).map(|i| format!("n{i}")).collect();
        bytes(&all.iter().map(|s| Some(s.as_str())).collect::<Vec<_>>());
        // As many as a code can tell, and one more.
        for (n, coded) in [(254, true), (255, true), (256, false)] {
            let some: Vec<Option<&str>> = (0..1000).map(|i| Some(all[i % n].as_str())).collect();
            assert_eq!(bytes(&some)[0] > 0, coded, "{n}");
        }
        let long = "a text that is longer than a few bytes";
        assert_eq!(bytes(&[Some(long), Some("b"), None].repeat(10))[0], 0);
    }

    #[test]
    fn a_code_without_a_text_is_refused() {
        let mut out = Vec::new();
        out.push(1);
        packed::put(&[1u32], &mut out);
        out.push(b'a');
        packed::put(&[0u8, 1], &mut out);
        assert!(take(&mut Cursor { rest: &out }, 2, &mut Vec::new(), &mut Arena::new()).is_err());
    }
}
