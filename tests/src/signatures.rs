//! What a function takes and gives, as its `bind` says: it is asked with arguments of all types.

use std::collections::{BTreeMap, BTreeSet};

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::ArgType;

const TYPES: [Type; 7] = [Type::Int, Type::Long, Type::Float, Type::Double, Type::Bool, Type::String, Type::Object];

/// More arguments are taken for any number of them.
const ARGUMENTS_MAX: usize = 4;
/// A number of arguments that only a function of any number takes, odd ones and even ones.
const MANY: [usize; 2] = [8, 9];

/// Whether arguments are taken, and of which type the result then is.
pub type Bind<'a> = &'a dyn Fn(&[ArgType]) -> Option<Type>;

/// An argument: an attribute or a constant.
#[derive(Clone)]
struct Tried {
    label: String,
    ty: Type,
    constant: Option<Value>,
}

impl Tried {
    fn arg(&self, at: usize) -> ArgType {
        let attribute = self.constant.is_none().then_some(at as u32);
        ArgType { ty: self.ty, kind: self.ty.kind(), constant: self.constant.clone(), attribute }
    }
}

fn attributes() -> Vec<Tried> {
    TYPES.map(|ty| Tried { label: ty.to_string(), ty, constant: None }).to_vec()
}

fn constants() -> Vec<Tried> {
    let text = |text: &str| Value::Str(text.into());
    let mut all = vec![(Type::Int, Value::Int(5)), (Type::Long, Value::Long(5)), (Type::Float, Value::Float(0.5))];
    all.extend([(Type::Double, Value::Double(0.5)), (Type::Bool, Value::Bool(true))]);
    all.extend(["int", "string", "day", "asc", "en_US"].map(|t| (Type::String, text(t))));
    let tried = |(ty, value)| Tried { label: format!("constant {ty}"), ty, constant: Some(value) };
    all.into_iter().map(tried).collect()
}

/// A type by its place among [`TYPES`].
type Place = usize;

/// The labels of arguments that are taken, and the types that come of them.
type Accepted = BTreeMap<Vec<String>, BTreeSet<Place>>;

/// The lines that say how a function is called.
pub fn signatures(name: &str, bind: Bind<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let several = MANY.map(|n| TYPES.iter().any(|&ty| bind(&many(ty, n)).is_some()));
    for n in 0..=ARGUMENTS_MAX {
        let accepted = accepted(n, lines.iter().any(|l: &String| l.contains("constant")), bind);
        if accepted.is_empty() {
            continue;
        }
        let endless = n > 0 && several[n % 2];
        let dots = if endless { ", ..." } else { "" };
        for (takes, gives) in together(&accepted) {
            lines.push(format!("{name}({takes}{dots}) -> {gives}"));
        }
        if endless {
            break;
        }
    }
    lines
}

fn many(ty: Type, n: usize) -> Vec<ArgType> {
    (0..n).map(|i| Tried { label: String::new(), ty, constant: None }.arg(i)).collect()
}

/// Of the greatest number of arguments constants are tried only if fewer are taken with some: they are many.
fn accepted(n: usize, fewer: bool, bind: Bind<'_>) -> Accepted {
    let mut accepted = Accepted::new();
    let attributes = attributes();
    try_all(n, &attributes, bind, &mut accepted);
    if n == 0 || n == ARGUMENTS_MAX && (!fewer || !accepted.is_empty()) {
        return accepted;
    }
    let plain = accepted.clone();
    let all: Vec<Tried> = attributes.into_iter().chain(constants()).collect();
    try_all(n, &all, bind, &mut accepted);
    let needed = |takes: &Vec<String>| {
        let free = |i: usize| {
            let Some(ty) = takes[i].strip_prefix("constant ") else { return false };
            let mut other = takes.clone();
            other[i] = ty.to_owned();
            accepted.contains_key(&other) || plain.contains_key(&other)
        };
        !(0..takes.len()).any(free)
    };
    accepted.iter().filter(|(takes, _)| needed(takes)).map(|(t, g)| (t.clone(), g.clone())).collect()
}

fn try_all(n: usize, with: &[Tried], bind: Bind<'_>, accepted: &mut Accepted) {
    let mut at = vec![0; n];
    loop {
        let args: Vec<ArgType> = at.iter().enumerate().map(|(i, &k)| with[k].arg(i)).collect();
        if let Some(ty) = bind(&args) {
            let takes = at.iter().map(|&k| with[k].label.clone()).collect();
            let ty = TYPES.iter().position(|t| *t == ty).unwrap_or_default();
            accepted.entry(takes).or_default().insert(ty);
        }
        let Some(i) = (0..n).rev().find(|&i| at[i] + 1 < with.len()) else { return };
        at[i] += 1;
        at[i + 1..].fill(0);
    }
}

/// Accepted arguments put together, as few lines as are found easily.
fn together(accepted: &Accepted) -> Vec<(String, String)> {
    let width = accepted.keys().next().map_or(0, Vec::len);
    let varies: Vec<usize> = (0..width).filter(|&i| set(accepted.keys(), i).len() > 1).collect();
    let as_argument = |i: usize| {
        let own = |(takes, gives): (&Vec<String>, &BTreeSet<Place>)| {
            gives.len() == 1 && gives.iter().all(|g| takes[i].trim_start_matches("constant ") == TYPES[*g].to_string())
        };
        accepted.iter().all(own)
    };
    if let Some(&first) = varies.first().filter(|i| as_argument(**i)) {
        let bare = |takes: &Vec<String>, i: usize| takes[i].trim_start_matches("constant ").to_owned();
        let one = |takes: &Vec<String>| varies.iter().all(|&i| bare(takes, i) == bare(takes, first));
        let values = set(accepted.keys(), first);
        if accepted.len() == values.len() && accepted.keys().all(one) {
            let some = accepted.keys().next().expect("it is not empty");
            let word = |i: usize| match varies.contains(&i) {
                true if some[i].starts_with("constant ") => "constant x".to_owned(),
                true => "x".to_owned(),
                false => some[i].clone(),
            };
            let takes: Vec<String> = (0..width).map(word).collect();
            return vec![(takes.join(", "), format!("x, which is {}", or(&values)))];
        }
    }
    let mut by_result: BTreeMap<&BTreeSet<Place>, Vec<&Vec<String>>> = BTreeMap::new();
    accepted.iter().for_each(|(takes, gives)| by_result.entry(gives).or_default().push(takes));
    let mut lines = Vec::new();
    for (gives, takes) in by_result {
        let mut one = gives.iter().map(|g| TYPES[*g].to_string());
        let gives = one.next().filter(|_| one.next().is_none()).unwrap_or_else(|| "the type that it names".to_owned());
        products(&takes, 0, &mut |line| lines.push((line, gives.clone())));
    }
    lines
}

/// Says each product of sets that the tuples are.
fn products(tuples: &[&Vec<String>], from: usize, say: &mut dyn FnMut(String)) {
    let width = tuples[0].len();
    let sets: Vec<BTreeSet<String>> = (0..width).map(|i| set(tuples.iter().copied(), i)).collect();
    if sets.iter().map(BTreeSet::len).product::<usize>() == tuples.len() || from == width {
        return say(sets.iter().map(or).collect::<Vec<_>>().join(", "));
    }
    // First arguments behind which the same stands go together.
    let mut behind: BTreeMap<Vec<&[String]>, Vec<&Vec<String>>> = BTreeMap::new();
    for value in &sets[from] {
        let of: Vec<&Vec<String>> = tuples.iter().copied().filter(|t| t[from] == *value).collect();
        behind.entry(of.iter().map(|t| &t[from + 1..]).collect()).or_default().extend(of);
    }
    behind.values().for_each(|of| products(of, from + 1, say));
}

fn set<'a>(tuples: impl Iterator<Item = &'a Vec<String>>, at: usize) -> BTreeSet<String> {
    tuples.map(|t| t[at].clone()).collect()
}

/// Types in a few words.
fn or(types: &BTreeSet<String>) -> String {
    let all = |names: &[Type]| names.len() == types.len() && names.iter().all(|t| types.contains(&t.to_string()));
    match types {
        _ if all(&TYPES) => "any".to_owned(),
        _ if all(&TYPES[..6]) => "any but object".to_owned(),
        _ if all(&TYPES[..4]) => "number".to_owned(),
        _ => {
            let known = TYPES.iter().map(Type::to_string).filter(|t| types.contains(t));
            let rest = types.iter().filter(|t| t.starts_with("constant ")).cloned();
            known.chain(rest).collect::<Vec<_>>().join(" or ")
        }
    }
}
