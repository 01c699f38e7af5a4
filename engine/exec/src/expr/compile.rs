//! From a bound expression to operations in postorder.
//!
//! Registers are taken when a result is needed and given back when its reader has it, so a program needs as many as its
//! tree is wide, not as it has nodes. An operation never writes a register it reads.

use riddhi_batch::{Arena, Column, Kind, Type, Value};
use riddhi_plan::expr::{Arith, Compare, Expr, Node};
use riddhi_plan::registry::{RowCx, Volatility};

use crate::table::Finder;

use super::{Call, Constant, Input, KINDS, Op, Program, Register, Slot, Work, by_value, row, site};

/// Compiles `expr`.
pub(super) fn compile(expr: &Expr) -> Program {
    let mut compiler = Compiler::default();
    let result = compiler.lower(expr);
    let result = compiler.placed(result, expr.kind);
    Program {
        kind: expr.kind,
        volatility: expr.volatility(),
        consts: compiler.consts,
        inputs: compiler.inputs,
        ops: compiler.ops,
        result,
        tree: row::tree(expr),
        registers: compiler.registers,
    }
}

#[derive(Default)]
struct Compiler {
    consts: Vec<Constant>,
    inputs: Vec<Input>,
    ops: Vec<Op>,
    registers: [u32; KINDS],
    free: [Vec<u32>; KINDS],
}

/// What an expression became.
enum Lowered {
    /// A value, not yet in the program.
    Value(Value),
    /// Computed there.
    Slot(Slot),
}

impl Compiler {
    fn lower(&mut self, expr: &Expr) -> Lowered {
        match &expr.node {
            Node::Const(value) => Lowered::Value(value.clone()),
            Node::Attr(column) => Lowered::Slot(self.input(false, *column, expr.kind)),
            Node::Aggregate(column) => Lowered::Slot(self.input(true, *column, expr.kind)),
            // Conditions over rows of tables are compiled with the table's columns as attributes.
            Node::Column(_) => Lowered::Value(Value::Null),
            Node::In(condition) => {
                let finder = Box::new(Finder::compile(condition));
                self.emit(Work::In(finder), Kind::Bool, &[])
            }
            Node::Arith(op, a, b) => {
                let (x, y) = (self.lower(a), self.lower(b));
                self.arith(*op, expr, (x, a.kind), (y, b.kind))
            }
            Node::Compare(op, a, b) => {
                let (x, y) = (self.lower(a), self.lower(b));
                self.compare(*op, (x, a), (y, b))
            }
            Node::And(a, b) => self.connect(true, a, b),
            Node::Or(a, b) => self.connect(false, a, b),
            Node::Not(a) => {
                let x = self.lower(a);
                self.not(x, a.kind)
            }
            Node::IsNull(a) => match self.lower(a) {
                Lowered::Value(value) => Lowered::Value(Value::Bool(value.is_null())),
                Lowered::Slot(x) => self.emit(Work::IsNull(x), Kind::Bool, &[x]),
            },
            Node::Call { args, .. } => {
                let lowered = args.iter().map(|a| self.lower(a)).collect();
                self.call(expr, lowered)
            }
        }
    }

    fn arith(&mut self, op: Arith, expr: &Expr, (x, a): (Lowered, Kind), (y, b): (Lowered, Kind)) -> Lowered {
        if let (Lowered::Value(x), Lowered::Value(y)) = (&x, &y)
            && let Ok(value) = by_value::arith(op, expr.ty, x, y)
        {
            return Lowered::Value(value);
        }
        if is_number(a) && is_number(b) && expr.kind == expr.ty.kind() {
            let x = self.number(x, a, expr.ty);
            let y = self.number(y, b, expr.ty);
            return self.emit(Work::Arith(op, x, y), expr.kind, &[x, y]);
        }
        let (x, y) = (self.placed(x, a), self.placed(y, b));
        self.emit(Work::ArithByValue(op, expr.ty, x, y), expr.kind, &[x, y])
    }

    fn connect(&mut self, and: bool, a: &Expr, b: &Expr) -> Lowered {
        let x = self.lower(a);
        if let Lowered::Value(value) = &x
            && let Ok(truth) = by_value::truth(value)
            && truth != and
        {
            return Lowered::Value(Value::Bool(truth));
        }
        let x = self.truth(x, a.kind);
        let y = self.lower(b);
        let y = self.truth(y, b.kind);
        self.emit(if and { Work::And(x, y) } else { Work::Or(x, y) }, Kind::Bool, &[x, y])
    }

    fn not(&mut self, x: Lowered, kind: Kind) -> Lowered {
        if let Lowered::Value(value) = &x
            && let Ok(truth) = by_value::truth(value)
        {
            return Lowered::Value(Value::Bool(!truth));
        }
        let x = self.truth(x, kind);
        self.emit(Work::Not(x), Kind::Bool, &[x])
    }

    fn call(&mut self, expr: &Expr, lowered: Vec<Lowered>) -> Lowered {
        let Node::Call { kernel, volatility, args, .. } = &expr.node else { unreachable!("called for calls") };
        if *volatility == Volatility::Pure
            && let Some(values) = all_values(&lowered)
            && let Ok(value) = kernel.row(&RowCx::default(), &values)
            && let Some(value) = settled_value(expr, value)
        {
            return Lowered::Value(value);
        }
        let args: Vec<Slot> = lowered.into_iter().zip(args).map(|(x, a)| self.placed(x, a.kind)).collect();
        let call = Call {
            kernel: kernel.clone(),
            lazy: kernel.lazy(),
            settle: expr.ty == Type::Bool,
            site: site(expr),
            args: args.clone(),
        };
        self.emit(Work::Call(Box::new(call)), expr.kind, &args)
    }

    fn compare(&mut self, op: Compare, (x, a): (Lowered, &Expr), (y, b): (Lowered, &Expr)) -> Lowered {
        if let (Lowered::Value(x), Lowered::Value(y)) = (&x, &y)
            && let Ok(holds) = by_value::compare(op, a.ty, b.ty, x, y)
        {
            return Lowered::Value(Value::Bool(holds));
        }
        let as_declared = a.kind == a.ty.kind() && b.kind == b.ty.kind();
        let equality = matches!(op, Compare::Equal | Compare::NotEqual);
        if as_declared && let Some(ty) = by_value::compared_as(op, a.ty, b.ty) {
            let x = self.number(x, a.kind, ty);
            let y = self.number(y, b.kind, ty);
            self.emit(Work::Compare(op, x, y), Kind::Bool, &[x, y])
        } else if as_declared && equality && a.ty == b.ty && a.ty != Type::Object {
            // A constant goes to the right, where the kernels look for it.
            let (x, y) = if matches!(x, Lowered::Value(_)) { (y, x) } else { (x, y) };
            let (x, y) = (self.settled(x, a.kind), self.settled(y, a.kind));
            self.emit(Work::Compare(op, x, y), Kind::Bool, &[x, y])
        } else {
            let (x, y) = (self.placed(x, a.kind), self.placed(y, b.kind));
            self.emit(Work::CompareByValue(op, (a.ty, b.ty), x, y), Kind::Bool, &[x, y])
        }
    }

    /// A number of the type `ty`.
    fn number(&mut self, x: Lowered, kind: Kind, ty: Type) -> Slot {
        match x {
            Lowered::Value(value) => {
                let value = if value.is_null() { value } else { by_value::number_as(&value, ty).unwrap_or(value) };
                self.constant(&value, ty.kind())
            }
            Lowered::Slot(slot) if kind == ty.kind() => slot,
            Lowered::Slot(slot) => self.slot(Work::Convert(slot), ty.kind(), &[slot]),
        }
    }

    /// A bool that may be null, but is one.
    fn truth(&mut self, x: Lowered, kind: Kind) -> Slot {
        if kind == Kind::Bool {
            return self.settled(x, kind);
        }
        let slot = self.placed(x, kind);
        self.slot(Work::Truth(slot), Kind::Bool, &[slot])
    }

    /// Anywhere, constants in the program.
    fn settled(&mut self, x: Lowered, kind: Kind) -> Slot {
        match x {
            Lowered::Value(value) => self.constant(&value, kind),
            Lowered::Slot(slot) => slot,
        }
    }

    /// Anywhere, but with its long strings in the call's arena.
    fn placed(&mut self, x: Lowered, kind: Kind) -> Slot {
        let slot = self.settled(x, kind);
        let Slot::Const(number) = slot else { return slot };
        if self.consts[number as usize].arena.is_empty() {
            return slot;
        }
        let to = self.fresh(kind);
        self.ops.push(Op { work: Work::Place(number), to });
        Slot::One(to)
    }

    fn constant(&mut self, value: &Value, kind: Kind) -> Slot {
        let mut constant = Constant { column: Column::new(kind), arena: Arena::new() };
        if !constant.column.push_value(value, &mut constant.arena) {
            constant.column.push_null();
        }
        self.consts.push(constant);
        Slot::Const((self.consts.len() - 1) as u32)
    }

    fn input(&mut self, computed: bool, column: u32, kind: Kind) -> Slot {
        let known = self.inputs.iter().position(|x| x.computed == computed && x.column == column);
        let number = known.unwrap_or_else(|| {
            let gathered = self.fresh(kind);
            self.inputs.push(Input { computed, column, gathered });
            self.inputs.len() - 1
        });
        Slot::Input(number as u32)
    }

    fn emit(&mut self, work: Work, kind: Kind, operands: &[Slot]) -> Lowered {
        Lowered::Slot(self.slot(work, kind, operands))
    }

    fn slot(&mut self, work: Work, kind: Kind, operands: &[Slot]) -> Slot {
        let to = match self.free[kind as usize].pop() {
            Some(index) => Register { kind, index },
            None => self.fresh(kind),
        };
        for operand in operands {
            if let Slot::Many(r) = operand {
                self.free[r.pool()].push(r.index);
            }
        }
        self.ops.push(Op { work, to });
        Slot::Many(to)
    }

    /// A register that nothing else uses, not even later.
    fn fresh(&mut self, kind: Kind) -> Register {
        let index = self.registers[kind as usize];
        self.registers[kind as usize] += 1;
        Register { kind, index }
    }
}

fn is_number(kind: Kind) -> bool {
    kind.native().is_numeric()
}

fn all_values(lowered: &[Lowered]) -> Option<Vec<Value>> {
    lowered.iter().map(|x| if let Lowered::Value(v) = x { Some(v.clone()) } else { None }).collect()
}

/// The value of a folded call, if it is one that its column can hold.
fn settled_value(expr: &Expr, value: Value) -> Option<Value> {
    let value = if expr.ty == Type::Bool { Value::Bool(by_value::truth(&value).ok()?) } else { value };
    let fits = expr.kind == Kind::Any || value.ty().is_none_or(|ty| ty.kind() == expr.kind);
    fits.then_some(value)
}
