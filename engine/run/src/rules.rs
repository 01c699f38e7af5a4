//! Rules at work: which queries can take a row, by the value of an attribute.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Data, Flow, Str, Value};
use riddhi_plan::logical::RulesPlan;

/// The rules of one stream on one attribute. Never changes.
#[derive(Debug)]
pub struct RuleIndex {
    attribute: usize,
    keys: Keys,
    /// Queries that ask for the same value, by the number that `keys` gives it.
    queries: Vec<Vec<u32>>,
}

#[derive(Debug)]
enum Keys {
    Int(HashMap<i32, u32, FixedState>),
    Long(HashMap<i64, u32, FixedState>),
    Str {
        /// Texts that a string holds inside, as it holds them.
        short: HashMap<u128, u32, FixedState>,
        long: HashMap<Box<[u8]>, u32, FixedState>,
    },
}

impl RuleIndex {
    /// An index of these rules.
    pub fn new(plan: &RulesPlan) -> RuleIndex {
        let hash = FixedState::default;
        let keys = match plan.rules.first() {
            Some((_, Value::Int(_))) => Keys::Int(HashMap::with_hasher(hash())),
            Some((_, Value::Long(_))) => Keys::Long(HashMap::with_hasher(hash())),
            _ => Keys::Str { short: HashMap::with_hasher(hash()), long: HashMap::with_hasher(hash()) },
        };
        let mut index = RuleIndex { attribute: plan.attribute as usize, keys, queries: Vec::new() };
        for (query, value) in &plan.rules {
            let next = index.queries.len() as u32;
            let number = match (&mut index.keys, value) {
                (Keys::Int(map), Value::Int(x)) => *map.entry(*x).or_insert(next),
                (Keys::Long(map), Value::Long(x)) => *map.entry(*x).or_insert(next),
                (Keys::Str { short, long }, Value::Str(x)) => match Str::inline(x.as_bytes()) {
                    Some(inline) => *short.entry(inline.word()).or_insert(next),
                    None => *long.entry(x.as_bytes().into()).or_insert(next),
                },
                _ => panic!("the rules on an attribute ask for values of its type"),
            };
            if number == next {
                index.queries.push(Vec::new());
            }
            index.queries[number as usize].push(*query as u32);
        }
        index
    }

    /// Calls `f` with (query, row) for every row of `input` and every query that may take it; rows rise.
    pub fn find(&self, input: &Flow, arena: &Arena, mut f: impl FnMut(u32, u32)) {
        let column = &input.rows.cols[self.attribute];
        let mut found = |row: usize, number: Option<&u32>| {
            if let Some(&number) = number
                && !column.is_null(row)
            {
                self.queries[number as usize].iter().for_each(|&q| f(q, row as u32));
            }
        };
        match (&self.keys, &column.data) {
            (Keys::Int(map), Data::I32(v)) => v.iter().enumerate().for_each(|(i, x)| found(i, map.get(x))),
            (Keys::Long(map), Data::I64(v)) => v.iter().enumerate().for_each(|(i, x)| found(i, map.get(x))),
            (Keys::Str { short, long }, Data::Str(v)) => v.iter().enumerate().for_each(|(i, x)| {
                let number = if x.is_inline() { short.get(&x.word()) } else { long.get(x.bytes(arena)) };
                found(i, number);
            }),
            _ => panic!("a column is of its attribute's kind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riddhi_batch::{Columns, Kind};

    #[test]
    fn finds_short_and_long_texts_and_no_nulls() {
        let long = "a text of more than twelve bytes";
        let rule = |query, text: &str| (query, Value::Str(text.into()));
        let rules = vec![rule(4, "a"), rule(5, long), rule(6, "a"), rule(7, "")];
        let index = RuleIndex::new(&RulesPlan { stream: 0, attribute: 0, rules });
        let (mut arena, mut input) = (Arena::new(), Flow { rows: Columns::new([Kind::Str]), ..Flow::default() });
        for value in [Value::Str("a".into()), Value::Null, Value::Str(long.into()), Value::Str("b".into())] {
            assert!(input.rows.cols[0].push_value(&value, &mut arena));
        }
        let mut found = Vec::new();
        index.find(&input, &arena, |query, row| found.push((query, row)));
        assert_eq!(found, [(4, 0), (6, 0), (5, 2)]);
    }
}
