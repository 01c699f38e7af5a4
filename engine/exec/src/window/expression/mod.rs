//! `expression(condition)` and `expressionBatch(condition[, include.triggering.event[, stream.current.event]])`: windows that hold
//! rows while a condition is true of them. The condition is a text, constant or of a string attribute; a change of the text
//! makes the rows held be looked at once more. It may also be computed for each row.

mod batch;
pub(super) mod computed;
mod rule;
mod sliding;

use std::sync::Arc;

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Finds, Form, Leaving, StreamKernel, WindowFunction, WindowScope,
};

use super::{arity, const_bool};
use rule::{Rule, Source};

const HELP: &str = "for example 'count() <= 20' or 'last.price - first.price < 10.0'";

/// `expression`.
pub(super) struct Expression;

/// `expressionBatch`.
pub(super) struct ExpressionBatch;

impl WindowFunction for Expression {
    fn bind(&self, _: &[ArgType]) -> Result<BoundWindow, ArgError> {
        unreachable!("bound in its scope")
    }

    fn bind_in(&self, args: &[ArgType], scope: &WindowScope) -> Result<BoundWindow, ArgError> {
        arity("expression", args, 1, 1, "expression('count() <= 20')")?;
        let source = source(args, scope, false)?;
        let (text, reads) = (format!("expression({source})"), source.attributes());
        let create: Create = {
            let source = source.clone();
            Arc::new(move |_| Box::new(sliding::Sliding::new(Rule::new(&source))))
        };
        let bound = BoundWindow::new(text, true, Form::General, create);
        Ok(BoundWindow { required: source.attribute(), keeps: reads, ..bound })
    }

    fn computed(&self, at: usize, ty: Type) -> Option<Arc<dyn StreamKernel>> {
        (at == 0 && ty == Type::String).then(|| Arc::new(computed::Computed) as Arc<dyn StreamKernel>)
    }
}

impl WindowFunction for ExpressionBatch {
    fn bind(&self, _: &[ArgType]) -> Result<BoundWindow, ArgError> {
        unreachable!("bound in its scope")
    }

    fn bind_in(&self, args: &[ArgType], scope: &WindowScope) -> Result<BoundWindow, ArgError> {
        arity("expressionBatch", args, 1, 3, "expressionBatch('count() <= 20')")?;
        let source = source(args, scope, true)?;
        let include = match args.get(1) {
            None => batch::Include::Constant(false),
            Some(ArgType { attribute: Some(attribute), ty: Type::Bool, .. }) => batch::Include::Attribute(*attribute),
            Some(_) => batch::Include::Constant(const_bool(args, 1, "`include.triggering.event`")?),
        };
        let streaming = args.len() == 3 && const_bool(args, 2, "`stream.current.event`")?;
        let (text, mut keeps) = (format!("expressionBatch({source})"), source.attributes());
        keeps.extend(include.attribute().filter(|a| !keeps.contains(a)));
        let create: Create = {
            let source = source.clone();
            Arc::new(move |_| Box::new(batch::Batch::new(Rule::new(&source), include, streaming)))
        };
        let bound = BoundWindow::new(text, false, Form::General, create);
        let finds = if streaming { Finds::Arrived } else { Finds::Held };
        Ok(BoundWindow { required: source.attribute(), leaving: Leaving::Oldest, finds, keeps, ..bound })
    }

    fn computed(&self, at: usize, ty: Type) -> Option<Arc<dyn StreamKernel>> {
        let taken = matches!((at, ty), (0, Type::String) | (1, Type::Bool));
        taken.then(|| Arc::new(computed::Computed) as Arc<dyn StreamKernel>)
    }
}

/// Where the condition comes from. A bool attribute is the condition itself, if `bools`.
fn source(args: &[ArgType], scope: &WindowScope, bools: bool) -> Result<Source, ArgError> {
    let arg = &args[0];
    let constant = |shown: String, text: &str| {
        let wrong = |what: String| ArgError::at(0, format!("the expression is wrong: {what}"), HELP);
        let condition = Arc::new(scope.condition(text).map_err(wrong)?);
        Ok(Source::Constant { text: shown, condition, attributes: scope.schema().attributes.len() })
    };
    match (&arg.constant, arg.attribute, arg.ty) {
        (Some(Value::Str(text)), ..) => constant(text.to_string(), text),
        (None, Some(attribute), Type::String) => Ok(Source::Attribute { attribute, scope: Arc::new(scope.clone()) }),
        (None, Some(attribute), Type::Bool) if bools => {
            constant(scope.name(attribute).to_owned(), &format!("`{}`", scope.name(attribute)))
        }
        _ => Err(ArgError::at(0, format!("the expression must be a string, not a {}", arg.ty), HELP)),
    }
}
