//! `#log([priority,] [message,] [isEventLogged])`: writes rows to the log and lets them pass.

use std::sync::Arc;

use riddhi_batch::{Column, Schema, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, StreamCx, StreamFunction, StreamKernel, StreamRows};

const PRIORITIES: [&str; 7] = ["INFO", "DEBUG", "WARN", "FATAL", "ERROR", "OFF", "TRACE"];

pub(super) struct Log;

#[derive(Debug)]
struct LogKernel {
    priority: &'static str,
    /// Which of the arguments is the message.
    message: Option<usize>,
    /// Which of the arguments tells whether the event is written.
    event: Option<usize>,
}

impl StreamFunction for Log {
    fn bind(&self, args: &[ArgType], _input: &Schema) -> Result<BoundStream, ArgError> {
        let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
        let (priority, message, event) = match types[..] {
            [] => (None, None, None),
            [Type::String] => (None, Some(0), None),
            [Type::Bool] => (None, None, Some(0)),
            [Type::String, Type::Bool] => (None, Some(0), Some(1)),
            [Type::String, Type::String] => (Some(0), Some(1), None),
            [Type::String, Type::String, Type::Bool] => (Some(0), Some(1), Some(2)),
            _ => {
                let help = "write `#log()`, `#log('message')`, `#log('INFO', 'message', true)`";
                return Err(ArgError::count("`log` does not take these arguments", help));
            }
        };
        let priority = priority.map_or(Ok("INFO"), |at: usize| known(args, at))?;
        if let Some(at) = event.filter(|&at: &usize| args[at].constant.is_none()) {
            let message = "whether the event is logged must be a constant";
            return Err(ArgError::at(at, message, "write `true` or `false`"));
        }
        Ok(BoundStream { adds: Vec::new(), kernel: Arc::new(LogKernel { priority, message, event }) })
    }
}

/// The priority that argument `at` names.
fn known(args: &[ArgType], at: usize) -> Result<&'static str, ArgError> {
    let help = format!("one of {}", PRIORITIES.join(", "));
    let Some(Value::Str(word)) = &args[at].constant else {
        return Err(ArgError::at(at, "the priority must be a constant", help));
    };
    let found = PRIORITIES.iter().find(|p| p.eq_ignore_ascii_case(word));
    found.copied().ok_or_else(|| ArgError::at(at, format!("`{word}` is no priority"), help))
}

impl StreamKernel for LogKernel {
    fn run(&self, cx: &mut StreamCx<'_>, rows: &StreamRows<'_>, _added: &mut [Column]) {
        if self.priority == "OFF" {
            return;
        }
        for i in 0..rows.n {
            let row = rows.sel.at(i);
            let told = |at: usize| rows.args[at].value(i, cx.arena);
            let with_event = self.event.is_none_or(|at| matches!(told(at), Value::Bool(true)));
            let message = self.message.map(|at| told(at).to_string());
            let event = with_event.then(|| {
                let values = cx.attributes.iter().zip(&rows.columns.cols).filter(|(a, _)| !a.name.is_empty());
                let shown: Vec<String> =
                    values.map(|(a, c)| format!("{}={}", a.name, c.value(row, cx.arena))).collect();
                let gone = if rows.expired.get(i).is_some_and(|&e| e != 0) { "expired " } else { "" };
                format!("{gone}event at {}: {}", rows.columns.ts[row], shown.join(", "))
            });
            let text = match (message, event) {
                (Some(message), Some(event)) => format!("{message}, {event}"),
                (Some(message), None) => message,
                (None, Some(event)) => event,
                (None, None) => "Event Arrived".to_owned(),
            };
            cx.log.push(format!("{} {}: {text}", self.priority, cx.app));
        }
    }
}
