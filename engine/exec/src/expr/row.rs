//! The short way for a row or a few: a walk over a small typed tree, without registers.
//!
//! Only expressions that cannot fail and call no function have a tree: numbers, strings and bools of the kinds they are
//! declared as. Everything else takes the registers, also for one row.

use riddhi_batch::{Arena, Column, Kind, Str, Type, Value};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};

use super::Rows;
use super::by_value::{self, compared_as, holds};
use super::kernels::Lane;
use super::kernels::arith::Number;

/// Rows up to which the tree is faster than the registers.
pub(super) const ROWS_MAX: usize = 4;

/// An expression's tree.
#[derive(Debug)]
pub(super) enum Tree {
    Cond(Cond),
    Number(Any),
}

/// A number of one of the kinds.
#[derive(Debug)]
pub(super) enum Any {
    I32(Num<i32>),
    I64(Num<i64>),
    F32(Num<f32>),
    F64(Num<f64>),
}

/// A number, null where there is none.
#[derive(Debug)]
pub(super) enum Num<T> {
    Attr(Place),
    Const(Option<T>),
    Convert(Box<Any>),
    Arith(Arith, Box<Num<T>>, Box<Num<T>>),
}

/// An attribute of the input, or a computed column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    computed: bool,
    column: u32,
}

/// A condition; null is false.
#[derive(Debug)]
pub(super) enum Cond {
    Const(bool),
    Attr(Place),
    AttrIsNull(Place),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
    Not(Box<Cond>),
    I32(Compare, Num<i32>, Num<i32>),
    I64(Compare, Num<i64>, Num<i64>),
    F32(Compare, Num<f32>, Num<f32>),
    F64(Compare, Num<f64>, Num<f64>),
    /// The commonest of all, without a detour.
    Threshold(Compare, Place, f64),
    /// Whether an attribute is this short text (or is not).
    Word(Compare, Place, Str),
    /// The same of a text that needs an arena.
    Text(Compare, Place, Str, Arena),
    Texts(Compare, Place, Place),
}

/// One row of a call.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    input: (&'a [Column], usize),
    computed: (&'a [Column], usize),
    arena: &'a Arena,
}

impl<'a> At<'a> {
    #[inline]
    fn new(rows: &Rows<'a>, i: usize, arena: &'a Arena) -> At<'a> {
        // Without aggregates the selection of computed rows may be empty.
        let computed = if rows.computed.cols.is_empty() { 0 } else { rows.computed.sel.at(i) };
        let input = if rows.input.cols.is_empty() { 0 } else { rows.input.sel.at(i) };
        At { input: (rows.input.cols, input), computed: (rows.computed.cols, computed), arena }
    }

    #[inline]
    fn get<T: Lane>(self, place: Place) -> Option<T> {
        let (cols, at) = if place.computed { self.computed } else { self.input };
        let column = &cols[place.column as usize];
        if column.is_null(at) { None } else { Some(T::slice(&column.data)[at]) }
    }

    #[inline]
    fn is_null(self, place: Place) -> bool {
        let (cols, at) = if place.computed { self.computed } else { self.input };
        cols[place.column as usize].is_null(at)
    }
}

/// A number that the others convert to.
pub(super) trait Target: Number {
    fn from(any: &Any, at: At<'_>) -> Option<Self>;
}

macro_rules! target {
    ($t:ty) => {
        impl Target for $t {
            fn from(any: &Any, at: At<'_>) -> Option<$t> {
                match any {
                    Any::I32(x) => x.get(at).map(|x| x as $t),
                    Any::I64(x) => x.get(at).map(|x| x as $t),
                    Any::F32(x) => x.get(at).map(|x| x as $t),
                    Any::F64(x) => x.get(at).map(|x| x as $t),
                }
            }
        }
    };
}

target!(i32);
target!(i64);
target!(f32);
target!(f64);

impl<T: Target> Num<T> {
    #[inline]
    fn get(&self, at: At<'_>) -> Option<T> {
        match self {
            Num::Attr(place) => at.get(*place),
            Num::Const(x) => *x,
            Num::Convert(any) => T::from(any, at),
            Num::Arith(op, a, b) => {
                let (x, y) = match (&**a, &**b) {
                    (Num::Attr(place), Num::Const(y)) => (at.get(*place)?, (*y)?),
                    (a, b) => (a.get(at)?, b.get(at)?),
                };
                match op {
                    Arith::Add => Some(x.add(y)),
                    Arith::Subtract => Some(x.subtract(y)),
                    Arith::Multiply => Some(x.multiply(y)),
                    Arith::Divide | Arith::Modulo if y.is_zero() => None,
                    Arith::Divide => Some(x.divide(y)),
                    Arith::Modulo => Some(x.modulo(y)),
                }
            }
        }
    }
}

#[inline]
fn compare<T: Target + PartialOrd>(op: Compare, a: &Num<T>, b: &Num<T>, at: At<'_>) -> bool {
    if let (Num::Attr(place), Num::Const(Some(y))) = (a, b) {
        return at.get(*place).map_or(op == Compare::NotEqual, |x| holds(op, x, *y));
    }
    match (a.get(at), b.get(at)) {
        (Some(x), Some(y)) => holds(op, x, y),
        _ => op == Compare::NotEqual,
    }
}

impl Cond {
    fn get(&self, at: At<'_>) -> bool {
        match self {
            Cond::Threshold(op, place, y) => match at.get::<f64>(*place) {
                Some(x) => holds(*op, x, *y),
                None => *op == Compare::NotEqual,
            },
            Cond::Word(op, place, y) => match at.get::<Str>(*place) {
                Some(x) => (x.word() == y.word()) == (*op == Compare::Equal),
                None => *op == Compare::NotEqual,
            },
            Cond::Text(op, place, y, own) => match at.get::<Str>(*place) {
                Some(x) => x.same(at.arena, *y, own) == (*op == Compare::Equal),
                None => *op == Compare::NotEqual,
            },
            Cond::Texts(op, a, b) => match (at.get::<Str>(*a), at.get::<Str>(*b)) {
                (Some(x), Some(y)) => x.same(at.arena, y, at.arena) == (*op == Compare::Equal),
                _ => *op == Compare::NotEqual,
            },
            Cond::I32(op, a, b) => compare(*op, a, b, at),
            Cond::I64(op, a, b) => compare(*op, a, b, at),
            Cond::F32(op, a, b) => compare(*op, a, b, at),
            Cond::F64(op, a, b) => compare(*op, a, b, at),
            Cond::And(a, b) => a.get(at) && b.get(at),
            Cond::Or(a, b) => a.get(at) || b.get(at),
            Cond::Not(a) => !a.get(at),
            Cond::Attr(place) => at.get::<u8>(*place).is_some_and(|x| x != 0),
            Cond::AttrIsNull(place) => at.is_null(*place),
            Cond::Const(x) => *x,
        }
    }
}

impl Tree {
    /// Appends the numbers of the rows that are true; false, and nothing done, if it is no condition.
    #[inline]
    pub(super) fn select(&self, rows: &Rows<'_>, arena: &Arena, hits: &mut Vec<u32>) -> bool {
        let Tree::Cond(cond) = self else { return false };
        for i in 0..rows.n {
            if cond.get(At::new(rows, i, arena)) {
                hits.push(i as u32);
            }
        }
        true
    }

    /// Whether the condition holds for one row of the input; `None` if it is no condition.
    #[inline]
    pub(super) fn test(&self, cols: &[Column], row: usize, arena: &Arena) -> Option<bool> {
        let at = At { input: (cols, row), computed: (&[], 0), arena };
        match self {
            Tree::Cond(Cond::Threshold(op, place, y)) => Some(match at.get::<f64>(*place) {
                Some(x) => holds(*op, x, *y),
                None => *op == Compare::NotEqual,
            }),
            Tree::Cond(cond) => Some(cond.get(at)),
            Tree::Number(_) => None,
        }
    }

    /// Appends the result for one row of the input.
    #[inline]
    pub(super) fn push(&self, cols: &[Column], row: usize, arena: &Arena, out: &mut Column) {
        self.push_at(At { input: (cols, row), computed: (&[], 0), arena }, out);
    }

    /// Appends the results.
    #[inline]
    pub(super) fn eval(&self, rows: &Rows<'_>, arena: &Arena, out: &mut Column) {
        for i in 0..rows.n {
            self.push_at(At::new(rows, i, arena), out);
        }
    }

    #[inline]
    fn push_at(&self, at: At<'_>, out: &mut Column) {
        match self {
            Tree::Cond(cond) => out.push_bool(cond.get(at)),
            Tree::Number(Any::I32(x)) => push(out, x.get(at), Column::push_i32),
            Tree::Number(Any::I64(x)) => push(out, x.get(at), Column::push_i64),
            Tree::Number(Any::F32(x)) => push(out, x.get(at), Column::push_f32),
            Tree::Number(Any::F64(x)) => push(out, x.get(at), Column::push_f64),
        }
    }
}

#[inline]
fn push<T>(out: &mut Column, x: Option<T>, put: impl Fn(&mut Column, T)) {
    match x {
        Some(x) => put(out, x),
        None => out.push_null(),
    }
}

/// The tree of `expr`, if it has one.
pub(super) fn tree(expr: &Expr) -> Option<Tree> {
    // A bare attribute is copied; as a value, unlike as a condition, it may be null.
    match &expr.node {
        Node::Attr(_) | Node::Aggregate(_) | Node::Const(_) => None,
        _ if expr.ty == Type::Bool => cond(expr).map(Tree::Cond),
        _ => any(expr).map(Tree::Number),
    }
}

fn place(expr: &Expr) -> Option<Place> {
    match expr.node {
        Node::Attr(column) => Some(Place { computed: false, column }),
        Node::Aggregate(column) => Some(Place { computed: true, column }),
        _ => None,
    }
}

fn any(expr: &Expr) -> Option<Any> {
    Some(match expr.kind {
        Kind::I32 => Any::I32(num(expr)?),
        Kind::I64 => Any::I64(num(expr)?),
        Kind::F32 => Any::F32(num(expr)?),
        Kind::F64 => Any::F64(num(expr)?),
        _ => return None,
    })
}

/// A lane as one of the number types.
trait Typed: Target {
    const TYPE: Type;
    fn of(value: &Value) -> Option<Self>;
}

macro_rules! typed {
    ($t:ty, $ty:ident) => {
        impl Typed for $t {
            const TYPE: Type = Type::$ty;
            fn of(value: &Value) -> Option<$t> {
                match by_value::number_as(value, Type::$ty) {
                    Some(Value::$ty(x)) => Some(x),
                    _ => None,
                }
            }
        }
    };
}

typed!(i32, Int);
typed!(i64, Long);
typed!(f32, Float);
typed!(f64, Double);

/// The expression, a number of any kind, converted to `T`.
fn num<T: Typed>(expr: &Expr) -> Option<Num<T>> {
    if let Node::Const(value) = &expr.node {
        return Some(Num::Const(T::of(value))).filter(|_| value.is_null() || T::of(value).is_some());
    }
    if expr.kind != T::TYPE.kind() {
        let convert = Num::Convert(Box::new(any(expr)?));
        return Some(convert);
    }
    match &expr.node {
        Node::Arith(op, a, b) => Some(Num::Arith(*op, Box::new(num(a)?), Box::new(num(b)?))),
        _ => place(expr).map(Num::Attr),
    }
}

fn cond(expr: &Expr) -> Option<Cond> {
    let boxed = |e: &Expr| cond(e).map(Box::new);
    Some(match &expr.node {
        Node::Const(value) => Cond::Const(by_value::truth(value).ok()?),
        Node::And(a, b) => Cond::And(boxed(a)?, boxed(b)?),
        Node::Or(a, b) => Cond::Or(boxed(a)?, boxed(b)?),
        Node::Not(a) => Cond::Not(boxed(a)?),
        Node::IsNull(a) => Cond::AttrIsNull(place(a)?),
        Node::Compare(op, a, b) => comparison(*op, a, b)?,
        _ if expr.kind == Kind::Bool => Cond::Attr(place(expr)?),
        _ => return None,
    })
}

fn comparison(op: Compare, a: &Expr, b: &Expr) -> Option<Cond> {
    if a.kind != a.ty.kind() || b.kind != b.ty.kind() {
        return None;
    }
    if a.ty == Type::String && b.ty == Type::String {
        return texts(op, a, b);
    }
    Some(match compared_as(op, a.ty, b.ty)? {
        Type::Int => Cond::I32(op, num(a)?, num(b)?),
        Type::Long => Cond::I64(op, num(a)?, num(b)?),
        Type::Float => Cond::F32(op, num(a)?, num(b)?),
        _ => match (num(a)?, num(b)?) {
            (Num::Attr(x), Num::Const(Some(y))) => Cond::Threshold(op, x, y),
            (x, y) => Cond::F64(op, x, y),
        },
    })
}

fn texts(op: Compare, a: &Expr, b: &Expr) -> Option<Cond> {
    if !matches!(op, Compare::Equal | Compare::NotEqual) {
        return None;
    }
    let (a, b) = if let Node::Const(_) = a.node { (b, a) } else { (a, b) };
    let Node::Const(Value::Str(text)) = &b.node else { return Some(Cond::Texts(op, place(a)?, place(b)?)) };
    let place = place(a)?;
    let mut own = Arena::new();
    let text = Str::new(text.as_bytes(), &mut own);
    Some(if text.is_inline() { Cond::Word(op, place, text) } else { Cond::Text(op, place, text, own) })
}
