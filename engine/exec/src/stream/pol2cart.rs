//! `#pol2Cart(theta, rho[, z])`: adds the cartesian coordinates `x` and `y` of a point given by its angle in degrees and its
//! distance, and `z` as it is.

use std::sync::Arc;

use riddhi_batch::{Attribute, Column, Data, Kind, Schema, Type};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, StreamCx, StreamFunction, StreamKernel, StreamRows};

pub(super) struct Pol2Cart;

#[derive(Debug)]
struct Polar;

impl StreamFunction for Pol2Cart {
    fn bind(&self, args: &[ArgType], _input: &Schema) -> Result<BoundStream, ArgError> {
        if !(2..=3).contains(&args.len()) {
            let message = format!("`pol2Cart` takes 2 to 3 arguments, not {}", args.len());
            return Err(ArgError::count(message, "write `#pol2Cart(theta, rho)`"));
        }
        if let Some(at) = args.iter().position(|a| a.ty != Type::Double) {
            let message = format!("`pol2Cart` takes doubles, not a {}", args[at].ty);
            return Err(ArgError::at(at, message, "convert it: convert(..., 'double')"));
        }
        let names = ["x", "y", "z"].into_iter().take(args.len());
        let attribute = |name: &str| Attribute { name: name.to_owned(), ty: Type::Double, kind: Kind::F64 };
        Ok(BoundStream { adds: names.map(attribute).collect(), kernel: Arc::new(Polar) })
    }
}

/// The number in that row, if there is one.
fn number(column: &Column, row: usize) -> Option<f64> {
    match &column.data {
        Data::F64(v) if !column.is_null(row) => Some(v[row]),
        _ => None,
    }
}

fn push(to: &mut Column, x: Option<f64>) {
    match x {
        Some(x) => to.push_f64(x),
        None => to.push_null(),
    }
}

impl StreamKernel for Polar {
    fn run(&self, _: &mut StreamCx<'_>, rows: &StreamRows<'_>, added: &mut [Column]) {
        for row in 0..rows.n {
            let (theta, rho) = (number(&rows.args[0], row), number(&rows.args[1], row));
            let turned = |f: fn(f64) -> f64| Some(rho? * f(theta?.to_radians()));
            push(&mut added[0], turned(f64::cos));
            push(&mut added[1], turned(f64::sin));
            if let Some(z) = rows.args.get(2) {
                push(&mut added[2], number(z, row));
            }
        }
    }
}
