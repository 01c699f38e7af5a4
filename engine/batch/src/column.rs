//! One attribute of many rows.

use crate::{Any, Arena, Kind, Str, Value, fetch};

/// The values of a column; what stands at a null row is unspecified but valid.
#[derive(Clone, Debug)]
pub enum Data {
    /// `int`.
    I32(Vec<i32>),
    /// `long`.
    I64(Vec<i64>),
    /// `float`.
    F32(Vec<f32>),
    /// `double`.
    F64(Vec<f64>),
    /// `bool`, 0 or 1.
    Bool(Vec<u8>),
    /// `string`.
    Str(Vec<Str>),
    /// Tagged values.
    Any(Vec<Any>),
}

/// Runs `$body` with `$v` bound to the vector inside, whatever its kind.
#[macro_export]
macro_rules! each_data {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            $crate::Data::I32($v) => $body,
            $crate::Data::I64($v) => $body,
            $crate::Data::F32($v) => $body,
            $crate::Data::F64($v) => $body,
            $crate::Data::Bool($v) => $body,
            $crate::Data::Str($v) => $body,
            $crate::Data::Any($v) => $body,
        }
    };
}

/// Which rows of a column are meant, in order.
#[derive(Clone, Copy, Debug)]
pub enum Sel<'a> {
    /// `n` rows beginning at this one.
    From(usize),
    /// These rows.
    Rows(&'a [u32]),
}

impl Sel<'_> {
    /// The row that stands at `i`.
    #[inline]
    pub fn at(self, i: usize) -> usize {
        match self {
            Sel::From(first) => first + i,
            Sel::Rows(rows) => rows[i] as usize,
        }
    }

    /// Appends the values at the first `n` of the rows.
    #[inline]
    pub fn copy<T: Copy>(self, from: &[T], n: usize, to: &mut Vec<T>) {
        match self {
            Sel::From(first) => to.extend_from_slice(&from[first..first + n]),
            Sel::Rows(rows) => to.extend(rows[..n].iter().map(|&i| from[i as usize])),
        }
    }
}

/// One attribute of many rows: values and, only while some row is null, a byte a row that is 1 for null.
#[derive(Clone, Debug)]
pub struct Column {
    /// The values.
    pub data: Data,
    /// Empty, or as long as the values: 1 where the row is null.
    pub nulls: Vec<u8>,
}

impl Column {
    /// An empty column.
    pub fn new(kind: Kind) -> Column {
        let data = match kind {
            Kind::I32 => Data::I32(Vec::new()),
            Kind::I64 => Data::I64(Vec::new()),
            Kind::F32 => Data::F32(Vec::new()),
            Kind::F64 => Data::F64(Vec::new()),
            Kind::Bool => Data::Bool(Vec::new()),
            Kind::Str => Data::Str(Vec::new()),
            Kind::Any => Data::Any(Vec::new()),
        };
        Column { data, nulls: Vec::new() }
    }

    /// An empty column with room for `rows` rows.
    pub fn with_capacity(kind: Kind, rows: usize) -> Column {
        let mut column = Column::new(kind);
        each_data!(&mut column.data, v => v.reserve_exact(rows));
        column
    }

    /// Appends `n` rows of no meaning, not null.
    pub fn fill(&mut self, n: usize) {
        let len = self.len() + n;
        match &mut self.data {
            Data::I32(v) => v.resize(len, 0),
            Data::I64(v) => v.resize(len, 0),
            Data::F32(v) => v.resize(len, 0.0),
            Data::F64(v) => v.resize(len, 0.0),
            Data::Bool(v) => v.resize(len, 0),
            Data::Str(v) => v.resize(len, Str::EMPTY),
            Data::Any(v) => v.resize(len, Any::NOTHING),
        }
        if !self.nulls.is_empty() {
            self.nulls.resize(len, 0);
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self.data {
            Data::I32(_) => Kind::I32,
            Data::I64(_) => Kind::I64,
            Data::F32(_) => Kind::F32,
            Data::F64(_) => Kind::F64,
            Data::Bool(_) => Kind::Bool,
            Data::Str(_) => Kind::Str,
            Data::Any(_) => Kind::Any,
        }
    }

    /// Rows.
    #[inline]
    pub fn len(&self) -> usize {
        each_data!(&self.data, v => v.len())
    }

    /// Asks the processor for a row, ahead of its use.
    #[inline]
    pub fn ask_for(&self, row: usize) {
        match &self.data {
            Data::I32(v) => fetch(v, row),
            Data::I64(v) => fetch(v, row),
            Data::F32(v) => fetch(v, row),
            Data::F64(v) => fetch(v, row),
            Data::Bool(v) => fetch(v, row),
            Data::Str(v) => fetch(v, row),
            Data::Any(v) => fetch(v, row),
        }
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all rows, keeps the capacity.
    #[inline]
    pub fn clear(&mut self) {
        each_data!(&mut self.data, v => v.clear());
        self.nulls.clear();
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        each_data!(&mut self.data, v => v.truncate(rows));
        self.nulls.truncate(rows);
        if !self.nulls.contains(&1) {
            self.nulls.clear();
        }
    }

    /// Whether row `i` is null.
    #[inline]
    pub fn is_null(&self, i: usize) -> bool {
        !self.nulls.is_empty() && self.nulls[i] != 0
    }

    /// Notes that the value just pushed is there.
    #[inline]
    fn there(&mut self) {
        if !self.nulls.is_empty() {
            self.nulls.push(0);
        }
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        if self.nulls.is_empty() {
            self.nulls.resize(self.len(), 0);
        }
        self.nulls.push(1);
        match &mut self.data {
            Data::I32(v) => v.push(0),
            Data::I64(v) => v.push(0),
            Data::F32(v) => v.push(0.0),
            Data::F64(v) => v.push(0.0),
            Data::Bool(v) => v.push(0),
            Data::Str(v) => v.push(Str::EMPTY),
            Data::Any(v) => v.push(Any::NOTHING),
        }
    }

    /// Appends an int. Panics on a column of another kind, as all typed pushes do: kinds are the binder's promise.
    #[inline]
    pub fn push_i32(&mut self, x: i32) {
        let Data::I32(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a long.
    #[inline]
    pub fn push_i64(&mut self, x: i64) {
        let Data::I64(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a float.
    #[inline]
    pub fn push_f32(&mut self, x: f32) {
        let Data::F32(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a double.
    #[inline]
    pub fn push_f64(&mut self, x: f64) {
        let Data::F64(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a bool.
    #[inline]
    pub fn push_bool(&mut self, x: bool) {
        let Data::Bool(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x as u8);
        self.there();
    }

    /// Appends a string that is inline or lies in the frame's arena already.
    #[inline]
    pub fn push_str(&mut self, x: Str) {
        let Data::Str(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a tagged value whose long part lies in the frame's arena already.
    #[inline]
    pub fn push_any(&mut self, x: Any) {
        let Data::Any(v) = &mut self.data else { wrong(self.kind()) };
        v.push(x);
        self.there();
    }

    /// Appends a value; false, and nothing appended, when it is not of the column's kind.
    pub fn push_value(&mut self, value: &Value, arena: &mut Arena) -> bool {
        match (&mut self.data, value) {
            (_, Value::Null) => {
                self.push_null();
                return true;
            }
            (Data::I32(v), Value::Int(x)) => v.push(*x),
            (Data::I64(v), Value::Long(x)) => v.push(*x),
            (Data::F32(v), Value::Float(x)) => v.push(*x),
            (Data::F64(v), Value::Double(x)) => v.push(*x),
            (Data::Bool(v), Value::Bool(x)) => v.push(*x as u8),
            (Data::Str(v), Value::Str(x)) => v.push(Str::new(x.as_bytes(), arena)),
            (Data::Any(v), x) => v.push(Any::new(x, arena)),
            _ => return false,
        }
        self.there();
        true
    }

    /// Row `i` by itself.
    pub fn value(&self, i: usize, arena: &Arena) -> Value {
        if self.is_null(i) {
            return Value::Null;
        }
        match &self.data {
            Data::I32(v) => Value::Int(v[i]),
            Data::I64(v) => Value::Long(v[i]),
            Data::F32(v) => Value::Float(v[i]),
            Data::F64(v) => Value::Double(v[i]),
            Data::Bool(v) => Value::Bool(v[i] != 0),
            Data::Str(v) => Value::Str(v[i].text(arena).into()),
            Data::Any(v) => v[i].value(arena),
        }
    }

    /// Appends row `i` of `from`, a column of the same kind and arena.
    #[inline]
    pub fn push_from(&mut self, from: &Column, i: usize) {
        match (&mut self.data, &from.data) {
            (Data::I32(a), Data::I32(b)) => a.push(b[i]),
            (Data::I64(a), Data::I64(b)) => a.push(b[i]),
            (Data::F32(a), Data::F32(b)) => a.push(b[i]),
            (Data::F64(a), Data::F64(b)) => a.push(b[i]),
            (Data::Bool(a), Data::Bool(b)) => a.push(b[i]),
            (Data::Str(a), Data::Str(b)) => a.push(b[i]),
            (Data::Any(a), Data::Any(b)) => a.push(b[i]),
            _ => wrong(from.kind()),
        }
        if !self.nulls.is_empty() || !from.nulls.is_empty() {
            self.push_null_flag(from.is_null(i));
        }
    }

    /// Becomes row `i` of `from`, a column of the same kind and arena, and nothing else.
    #[inline]
    pub fn become_row(&mut self, from: &Column, i: usize) {
        if !self.nulls.is_empty() || !from.nulls.is_empty() {
            self.clear();
            return self.push_from(from, i);
        }
        match (&mut self.data, &from.data) {
            (Data::I32(a), Data::I32(b)) => become_value(a, b[i]),
            (Data::I64(a), Data::I64(b)) => become_value(a, b[i]),
            (Data::F32(a), Data::F32(b)) => become_value(a, b[i]),
            (Data::F64(a), Data::F64(b)) => become_value(a, b[i]),
            (Data::Bool(a), Data::Bool(b)) => become_value(a, b[i]),
            (Data::Str(a), Data::Str(b)) => become_value(a, b[i]),
            (Data::Any(a), Data::Any(b)) => become_value(a, b[i]),
            _ => wrong(from.kind()),
        }
    }

    /// Appends row `i` of this very column.
    #[inline]
    pub fn push_within(&mut self, i: usize) {
        each_data!(&mut self.data, v => {
            let x = v[i];
            v.push(x);
        });
        if !self.nulls.is_empty() {
            self.nulls.push(self.nulls[i]);
        }
    }

    /// Row `at`, which may be just behind the last, becomes row `i` of a column of another arena: of the same kind, or of any
    /// kind if this one holds tagged values. Long strings and values are copied over.
    pub fn put_from(&mut self, at: usize, from: &Column, i: usize, theirs: &Arena, ours: &mut Arena) {
        if at == self.len() {
            self.fill(1);
        }
        if from.is_null(i) {
            if self.nulls.is_empty() {
                self.nulls.resize(self.len(), 0);
            }
            self.nulls[at] = 1;
            // What lies under a null is copied like any other value.
            match &mut self.data {
                Data::Str(a) => a[at] = Str::EMPTY,
                Data::Any(a) => a[at] = Any::NOTHING,
                _ => {}
            }
            return;
        }
        match (&mut self.data, &from.data) {
            (Data::I32(a), Data::I32(b)) => a[at] = b[i],
            (Data::I64(a), Data::I64(b)) => a[at] = b[i],
            (Data::F32(a), Data::F32(b)) => a[at] = b[i],
            (Data::F64(a), Data::F64(b)) => a[at] = b[i],
            (Data::Bool(a), Data::Bool(b)) => a[at] = b[i],
            (Data::Str(a), Data::Str(b)) => a[at] = b[i].moved(theirs, ours),
            (Data::Any(a), Data::Any(b)) => a[at] = b[i].moved(theirs, ours),
            (Data::Any(a), _) => a[at] = Any::new(&from.value(i, theirs), ours),
            _ => wrong(from.kind()),
        }
        if !self.nulls.is_empty() {
            self.nulls[at] = 0;
        }
    }

    #[cold]
    fn push_null_flag(&mut self, null: bool) {
        if null {
            self.nulls.resize(self.len() - 1, 0);
            self.nulls.push(1);
        } else if !self.nulls.is_empty() {
            self.nulls.push(0);
        }
    }

    /// Appends `n` rows of `from`, a column of the same kind and arena.
    pub fn append(&mut self, from: &Column, sel: Sel<'_>, n: usize) {
        let before = self.len();
        match (&mut self.data, &from.data) {
            (Data::I32(a), Data::I32(b)) => sel.copy(b, n, a),
            (Data::I64(a), Data::I64(b)) => sel.copy(b, n, a),
            (Data::F32(a), Data::F32(b)) => sel.copy(b, n, a),
            (Data::F64(a), Data::F64(b)) => sel.copy(b, n, a),
            (Data::Bool(a), Data::Bool(b)) => sel.copy(b, n, a),
            (Data::Str(a), Data::Str(b)) => sel.copy(b, n, a),
            (Data::Any(a), Data::Any(b)) => sel.copy(b, n, a),
            _ => wrong(from.kind()),
        }
        self.append_nulls(&from.nulls, sel, n, before);
    }

    fn append_nulls(&mut self, from: &[u8], sel: Sel<'_>, n: usize, before: usize) {
        if from.is_empty() {
            if !self.nulls.is_empty() {
                self.nulls.resize(before + n, 0);
            }
            return;
        }
        self.nulls.resize(before, 0);
        sel.copy(from, n, &mut self.nulls);
        if before == 0 && !self.nulls.contains(&1) {
            self.nulls.clear();
        }
    }

    /// Appends `n` rows of a column of another arena: long strings and values are copied over.
    pub fn append_from(&mut self, from: &Column, sel: Sel<'_>, n: usize, theirs: &Arena, ours: &mut Arena) {
        let before = self.len();
        self.append(from, sel, n);
        match &mut self.data {
            Data::Str(v) => v[before..].iter_mut().filter(|s| !s.is_inline()).for_each(|s| *s = s.moved(theirs, ours)),
            Data::Any(v) => v[before..].iter_mut().for_each(|x| *x = x.moved(theirs, ours)),
            _ => {}
        }
    }
}

/// One value; where there was one already it is overwritten, which is all that lone events cost.
#[inline]
fn become_value<T>(to: &mut Vec<T>, x: T) {
    match &mut to[..] {
        [one] => *one = x,
        _ => {
            to.clear();
            to.push(x);
        }
    }
}

#[cold]
fn wrong(kind: Kind) -> ! {
    panic!("a value of another kind met a column of {kind:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_cost_nothing_until_one_comes() {
        let mut c = Column::new(Kind::I32);
        c.push_i32(1);
        assert!(c.nulls.is_empty());
        c.push_null();
        c.push_i32(3);
        assert_eq!(c.nulls, [0, 1, 0]);
        let mut d = Column::new(Kind::I32);
        d.append(&c, Sel::Rows(&[0, 2]), 2);
        assert!(d.nulls.is_empty());
        d.append(&c, Sel::From(1), 2);
        assert_eq!(d.nulls, [0, 0, 1, 0]);
        d.truncate(2);
        assert!(d.nulls.is_empty());
    }

    #[test]
    fn long_strings_move_between_arenas() {
        let (mut a, mut b) = (Arena::new(), Arena::new());
        b.push(b"something before");
        let mut c = Column::new(Kind::Str);
        c.push_value(&Value::Str("short".into()), &mut a);
        c.push_value(&Value::Str("a string of more than twelve bytes".into()), &mut a);
        let mut d = Column::new(Kind::Str);
        d.append_from(&c, Sel::From(0), 2, &a, &mut b);
        a.clear();
        assert_eq!(d.value(1, &b), Value::Str("a string of more than twelve bytes".into()));
        assert_eq!(d.value(0, &b), Value::Str("short".into()));
    }
}
