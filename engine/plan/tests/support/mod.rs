//! A registry of small fakes with the signatures of the built-ins, and diagnostics as a terminal shows them.

#![allow(dead_code)]

use std::sync::Arc;

use riddhi_batch::{Attribute, Column, Kind, Schema, Type, Value};
use riddhi_plan::aggregation::BUCKET_TIME;
use riddhi_plan::connector::Direction;
use riddhi_plan::registry::{
    Aggregate, AggregateFunction, Arg, ArgError, ArgType, BoundAggregate, BoundScalar, BoundStream, BoundWindow,
    ConnectorSpec, Create, Failed, Form, KernelCx, MapperSpec, Mapping, OptionProblem, OptionSpec, OptionType, Outside,
    Payload, Registry, RowCx, RowFailure, ScalarFunction, ScalarKernel, ScriptError, ScriptFunction, ScriptLanguage,
    StreamCx, StreamFunction, StreamKernel, StreamRows, Volatility, WindowFunction, WindowUse,
};
use riddhi_plan::{Planned, plan};
use riddhi_ql::{Diagnostic, Source, render_text};

type Ruled = Result<(Type, Kind), ArgError>;

/// Parses and plans an app that has no mistake of syntax.
pub fn planned(text: &str) -> Planned {
    let parsed = riddhi_ql::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}\n{:?}", parsed.diagnostics);
    plan(&parsed.app, &registry())
}

/// All diagnostics of an app, as a terminal shows them.
pub fn told(text: &str) -> String {
    shown(&planned(text).diagnostics, text)
}

/// Diagnostics as a terminal shows them.
pub fn shown(diagnostics: &[Diagnostic], text: &str) -> String {
    render_text(diagnostics, &Source::new("app.siddhi", text), false)
}

/// The fakes.
pub fn registry() -> Registry {
    let mut r = Registry::default();
    scalars(&mut r);
    aggregates(&mut r);
    windows(&mut r);
    r.stream("", "log", Arc::new(Log));
    connectors(&mut r);
    r.script("javascript", Arc::new(JavaScript));
    r.stream("", "pol2Cart", Arc::new(Polar));
    r
}

fn option(name: &'static str, ty: OptionType) -> OptionSpec {
    OptionSpec { name, ty, required: false, dynamic: false }
}

/// A source and a sink with an option of each kind, and a mapper of each form.
fn connectors(r: &mut Registry) {
    let connector = |name, options, payload, properties| ConnectorSpec {
        name,
        options,
        payload,
        properties,
        check: |plan| match plan.options.text("mode") {
            Some("whole") => vec![OptionProblem::wrong("mode", "`whole` is only for folders", "give a folder")],
            Some("binary.full") => {
                vec![OptionProblem::missing("mode", "Riddhi does not have the mode `binary.full` yet")]
            }
            _ => Vec::new(),
        },
    };
    let modes = OptionType::OneOf(&["line", "whole", "binary.full"]);
    let options =
        vec![option("mode", modes), option("tailing", OptionType::Bool), option("size", OptionType::Number(1, 9))];
    r.connector(Direction::Source, connector("file", options, Payload::Bytes, vec!["file.path"]));
    let uri = OptionSpec { name: "file.uri", ty: OptionType::Text, required: true, dynamic: true };
    r.connector(
        Direction::Sink,
        connector("file", vec![uri, option("append", OptionType::Bool)], Payload::Bytes, Vec::new()),
    );
    let mapper =
        |name, payload, mapping| MapperSpec { name, options: Vec::new(), payload, mapping, check: |_| Vec::new() };
    for direction in [Direction::Source, Direction::Sink] {
        r.mapper(direction, mapper("passThrough", Payload::Events, Mapping::Ignored));
        r.mapper(direction, mapper("csv", Payload::Bytes, Mapping::Columns));
        r.mapper(direction, mapper("text", Payload::Bytes, Mapping::Template));
    }
    r.set_outside(Outside::Started);
}

/// A language in which only `+ ;` is a mistake.
struct JavaScript;

impl ScriptLanguage for JavaScript {
    fn compile(&self, _: &str, body: &str, _: Type) -> Result<ScriptFunction, ScriptError> {
        match body.split('\n').position(|line| line.contains("+ ;")) {
            Some(at) => Err(ScriptError { what: "unexpected token ';'".to_owned(), line: Some(at as u32 + 1) }),
            None => Ok(ScriptFunction(Arc::new(Scalar(|_| Ok((Type::Int, Kind::Any)), Volatility::Pure)))),
        }
    }
}

struct Scalar(fn(&[ArgType]) -> Ruled, Volatility);

#[derive(Debug)]
struct Kernel;

impl ScalarKernel for Kernel {
    fn eval(&self, _: &mut KernelCx<'_>, _: &[Arg<'_>], _: usize, _: &mut Column, _: &mut Failed) {}
    fn row(&self, _: &RowCx, _: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Null)
    }
}

impl ScalarFunction for Scalar {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        let (ty, kind) = (self.0)(args)?;
        Ok(BoundScalar { ty, kind, volatility: self.1, kernel: Arc::new(Kernel) })
    }
}

fn scalars(r: &mut Registry) {
    let mut add = |name: &str, rule, volatility| r.scalar("", name, Arc::new(Scalar(rule, volatility)));
    add("cast", |a| named(a, false), Volatility::Pure);
    add("convert", |a| named(a, true), Volatility::Pure);
    add("coalesce", alike, Volatility::Pure);
    add("default", default, Volatility::Pure);
    add("ifThenElse", if_then_else, Volatility::Pure);
    add("maximum", numbers_alike, Volatility::Pure);
    add("minimum", numbers_alike, Volatility::Pure);
    add("UUID", |a| exactly(a, 0).map(|()| native(Type::String)), Volatility::Random);
    add("currentTimeMillis", |a| exactly(a, 0).map(|()| native(Type::Long)), Volatility::Clock);
    add("eventTimestamp", |a| exactly(a, 0).map(|()| native(Type::Long)), Volatility::RowTime);
    add("createSet", |a| exactly(a, 1).and_then(|()| not_object(a)), Volatility::Pure);
    add("sizeOfSet", |a| exactly(a, 1).and_then(|()| object(a)).map(|()| native(Type::Int)), Volatility::Pure);
    add(BUCKET_TIME, |a| exactly(a, 1).map(|()| native(Type::Long)), Volatility::Pure);
    for name in ["Boolean", "Double", "Float", "Integer", "Long", "String"] {
        let rule = |a: &[ArgType]| exactly(a, 1).map(|()| native(Type::Bool));
        add(&format!("instanceOf{name}"), rule, Volatility::Pure);
    }
}

fn native(ty: Type) -> (Type, Kind) {
    (ty, ty.kind())
}

fn exactly(args: &[ArgType], n: usize) -> Result<(), ArgError> {
    if args.len() == n {
        return Ok(());
    }
    Err(ArgError::count(format!("takes {n} arguments, not {}", args.len()), "leave out or add some"))
}

fn not_object(args: &[ArgType]) -> Ruled {
    if args[0].ty == Type::Object { Err(ArgError::at(0, "takes no object", "")) } else { Ok(native(Type::Object)) }
}

fn object(args: &[ArgType]) -> Result<(), ArgError> {
    if args[0].ty == Type::Object { Ok(()) } else { Err(ArgError::at(0, "takes a set", "make one with createSet")) }
}

fn named(args: &[ArgType], converts: bool) -> Ruled {
    exactly(args, 2)?;
    let Some(Value::Str(name)) = &args[1].constant else {
        return Err(ArgError::at(1, "the type must be a constant string", "write 'int', 'long' and so on"));
    };
    let ty = match name.to_ascii_lowercase().as_str() {
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bool" => Type::Bool,
        "string" => Type::String,
        _ => return Err(ArgError::at(1, format!("`{name}` is no type"), "write 'int', 'long' and so on")),
    };
    let widened = args[0].kind == Kind::I32 && ty == Type::Long;
    Ok((ty, if converts || widened { ty.kind() } else { args[0].kind }))
}

fn alike(args: &[ArgType]) -> Ruled {
    let Some(first) = args.first() else { return Err(ArgError::count("takes at least one argument", "add one")) };
    let mut kind = first.kind;
    for (i, arg) in args.iter().enumerate() {
        if arg.ty != first.ty {
            return Err(ArgError::at(i, format!("all must be {}, not {}", first.ty, arg.ty), "convert it"));
        }
        kind = if kind == arg.kind { kind } else { Kind::Any };
    }
    Ok((first.ty, kind))
}

fn numbers_alike(args: &[ArgType]) -> Ruled {
    let (ty, kind) = alike(args)?;
    if ty.is_numeric() {
        Ok((ty, kind))
    } else {
        Err(ArgError::at(0, format!("takes numbers, not {ty}"), "convert it"))
    }
}

fn default(args: &[ArgType]) -> Ruled {
    exactly(args, 2)?;
    if args[1].constant.is_none() {
        return Err(ArgError::at(1, "must be a constant", "use coalesce"));
    }
    alike(args)
}

fn if_then_else(args: &[ArgType]) -> Ruled {
    exactly(args, 3)?;
    if args[0].ty != Type::Bool {
        return Err(ArgError::at(0, format!("the condition must be bool, not {}", args[0].ty), "compare it"));
    }
    alike(&args[1..]).map_err(|e| ArgError { arg: e.arg.map(|i| i + 1), ..e })
}

struct Total(fn(&[ArgType]) -> Ruled);

impl AggregateFunction for Total {
    fn bind(&self, args: &[ArgType], _: WindowUse) -> Result<BoundAggregate, ArgError> {
        let (ty, kind) = (self.0)(args)?;
        let create: Arc<dyn Fn() -> Box<dyn Aggregate> + Send + Sync> = Arc::new(|| unreachable!("a fake"));
        Ok(BoundAggregate { ty, kind, create })
    }
}

fn aggregates(r: &mut Registry) {
    let mut add = |name: &str, rule| r.aggregate("", name, Arc::new(Total(rule)));
    add("sum", |a| {
        number(a).map(|t| native(if matches!(t, Type::Int | Type::Long) { Type::Long } else { Type::Double }))
    });
    add("avg", |a| number(a).map(|_| native(Type::Double)));
    add("stdDev", |a| number(a).map(|_| native(Type::Double)));
    for name in ["min", "max", "minForever", "maxForever"] {
        add(name, |a| number(a).map(native));
    }
    add("count", |a| if a.len() < 2 { Ok(native(Type::Long)) } else { exactly(a, 1).map(|()| native(Type::Long)) });
    add("distinctCount", |a| exactly(a, 1).map(|()| native(Type::Long)));
    add("and", boolean);
    add("or", boolean);
    add("unionSet", |a| exactly(a, 1).and_then(|()| object(a)).map(|()| native(Type::Object)));
}

fn number(args: &[ArgType]) -> Result<Type, ArgError> {
    exactly(args, 1)?;
    if args[0].ty.is_numeric() {
        return Ok(args[0].ty);
    }
    Err(ArgError::at(0, format!("takes a number, not {}", args[0].ty), "convert it"))
}

fn boolean(args: &[ArgType]) -> Ruled {
    exactly(args, 1)?;
    if args[0].ty == Type::Bool { Ok(native(Type::Bool)) } else { Err(ArgError::at(0, "takes a bool", "compare it")) }
}

struct Win {
    name: &'static str,
    sliding: bool,
    types: &'static [&'static [Type]],
    least: usize,
}

impl WindowFunction for Win {
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError> {
        if args.len() < self.least || args.len() > self.types.len() {
            let text = format!("takes {} to {} arguments, not {}", self.least, self.types.len(), args.len());
            return Err(ArgError::count(text, "see the manual"));
        }
        let mut texts = Vec::new();
        let mut time_attribute = None;
        for (i, (arg, types)) in args.iter().zip(self.types).enumerate() {
            if !types.contains(&arg.ty) {
                return Err(ArgError::at(i, format!("cannot be a {}", arg.ty), "give a number"));
            }
            match (&arg.constant, arg.attribute) {
                (Some(value), _) => texts.push(value.to_string()),
                (None, Some(at)) if self.name.starts_with("external") && i == 0 => {
                    time_attribute = Some(at);
                    texts.push(format!("attribute {at}"));
                }
                _ => return Err(ArgError::at(i, "must be a constant", "give one number")),
            }
        }
        let create: Create = Arc::new(|_| unreachable!("a fake"));
        let text = format!("{}({})", self.name, texts.join(", "));
        // Of schedules it knows one.
        let idle = self.name == "cron" && text.contains("0 0 0 31 2 ?");
        Ok(BoundWindow { time_attribute, idle, ..BoundWindow::new(text, self.sliding, Form::Slide, create) })
    }
}

fn windows(r: &mut Registry) {
    const TIME: &[Type] = &[Type::Int, Type::Long];
    let all = [
        Win { name: "length", sliding: true, types: &[&[Type::Int]], least: 1 },
        Win { name: "lengthBatch", sliding: false, types: &[&[Type::Int], &[Type::Bool]], least: 1 },
        Win { name: "time", sliding: true, types: &[TIME], least: 1 },
        Win {
            name: "timeBatch",
            sliding: false,
            types: &[TIME, &[Type::Int, Type::Long, Type::Bool], &[Type::Bool]],
            least: 1,
        },
        Win { name: "delay", sliding: true, types: &[TIME], least: 1 },
        Win { name: "cron", sliding: false, types: &[&[Type::String]], least: 1 },
        Win { name: "externalTime", sliding: true, types: &[&[Type::Long], TIME], least: 2 },
    ];
    for window in all {
        r.window(window.name, Arc::new(window));
    }
}

#[derive(Debug)]
struct Pass;

impl StreamKernel for Pass {
    fn run(&self, _: &mut StreamCx<'_>, _: &StreamRows<'_>, _: &mut [Column]) {}
}

struct Log;

impl StreamFunction for Log {
    fn bind(&self, args: &[ArgType], _: &Schema) -> Result<BoundStream, ArgError> {
        if args.len() > 3 {
            return Err(ArgError::count("takes up to 3 arguments", "leave out some"));
        }
        let priority = args.len() > 1 && args[0].ty == Type::String && args[1].ty == Type::String;
        if priority && args[0].constant.is_none() {
            return Err(ArgError::at(0, "the priority must be a constant", "write 'INFO'"));
        }
        Ok(BoundStream { adds: Vec::new(), kernel: Arc::new(Pass) })
    }
}

struct Polar;

impl StreamFunction for Polar {
    fn bind(&self, args: &[ArgType], _: &Schema) -> Result<BoundStream, ArgError> {
        let names = &["x", "y", "z"][..args.len().clamp(2, 3)];
        if let Some(at) = args.iter().position(|a| a.ty != Type::Double) {
            return Err(ArgError::at(at, format!("takes doubles, not {}", args[at].ty), "convert it"));
        }
        Ok(BoundStream {
            adds: names.iter().map(|n| Attribute::new(*n, Type::Double)).collect(),
            kernel: Arc::new(Pass),
        })
    }
}
