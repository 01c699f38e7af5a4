//! `math:percentile(number, p)`: the value below which p of a hundred values lie, as Siddhi counts it.

use riddhi_batch::{LoadError, Reader, Type, Value, Writer};
use riddhi_plan::registry::{ArgError, ArgType, Registry, RowFailure};

use super::{Collected, Collects, takes};
use crate::expr::type_name;

#[derive(Clone, Default)]
struct Sorted {
    p: f64,
    values: Vec<f64>,
}

const NUMBER: &[Type] = &[Type::Int, Type::Long, Type::Float, Type::Double];
const HELP: &str = "write `math:percentile(attribute, 95.0)`";

pub(super) fn register(registry: &mut Registry) {
    let percentile = Collects {
        name: "math:percentile",
        ty: Type::Double,
        check: |args| {
            takes(args, 2, &[NUMBER, &[Type::Double]], HELP)?;
            match share(&args[1]) {
                Some(_) => Ok(()),
                None => Err(ArgError::at(1, "must be a constant above 0 and at most 100", HELP)),
            }
        },
        pack: |args| match number(&args[0]) {
            Some(x) => Ok(vec![Value::Double(x)]),
            None => Err(RowFailure::new(format!("a {} where a number is needed", type_name(&args[0])))),
        },
        new: |args| Sorted { p: share(&args[1]).unwrap_or(100.0), values: Vec::new() },
    };
    percentile.register(registry);
}

fn share(arg: &ArgType) -> Option<f64> {
    match arg.constant {
        Some(Value::Double(p)) if p > 0.0 && p <= 100.0 => Some(p),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(x) => Some(*x as f64),
        Value::Long(x) => Some(*x as f64),
        Value::Float(x) => Some(*x as f64),
        Value::Double(x) => Some(*x),
        _ => None,
    }
}

impl Sorted {
    /// Where the first value stands that is not less.
    fn place(&self, x: f64) -> usize {
        self.values.partition_point(|y| y.total_cmp(&x).is_lt())
    }
}

impl Collected for Sorted {
    fn add(&mut self, args: Vec<Value>) {
        if let Some(x) = args.first().and_then(number) {
            self.values.insert(self.place(x), x);
        }
    }

    fn remove(&mut self, args: Vec<Value>) {
        let Some(x) = args.first().and_then(number) else { return };
        let at = self.place(x);
        if self.values.get(at).is_some_and(|y| y.total_cmp(&x).is_eq()) {
            self.values.remove(at);
        }
    }

    fn value(&self) -> Value {
        let n = self.values.len();
        if n == 0 {
            return Value::Null;
        }
        let index = self.p * n as f64 / 100.0;
        let whole = index as usize;
        let value = |i: usize| self.values[i.min(n - 1)];
        Value::Double(match index % 1.0 == 0.0 {
            true if whole == n || whole == 0 => value(whole.saturating_sub(1)),
            true => (value(whole - 1) + value(whole)) / 2.0,
            false => value(((index + 0.5).floor() as usize).saturating_sub(1)),
        })
    }

    fn is_clear(&self) -> bool {
        self.values.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        out.put_f64(self.p);
        out.put_u64(self.values.len() as u64);
        self.values.iter().for_each(|&x| out.put_f64(x));
    }

    fn load(from: &mut Reader<'_>) -> Result<Sorted, LoadError> {
        let p = from.get_f64()?;
        let values = (0..from.get_count(8)?).map(|_| from.get_f64()).collect::<Result<Vec<f64>, _>>()?;
        if !values.is_sorted_by(|a, b| a.total_cmp(b).is_le()) {
            return Err(LoadError::new("values are out of order"));
        }
        Ok(Sorted { p, values })
    }

    fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<f64>()
    }
}
