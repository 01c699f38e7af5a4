//! What the tests of connectors begin with: an app compiled with all of them, and a setting for what it names.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::{Arc, Mutex};

use riddhi_connect::network::Network;
use riddhi_connect::sink::SinkSlot;
use riddhi_connect::source::SourceSlot;
use riddhi_connect::{Connectors, Setting};
use riddhi_plan::registry::{Outside, Registry};
use riddhi_ql::Diagnostic;
use riddhi_run::{App, compile_with};

/// What may stand in an app.
pub fn registry() -> Registry {
    let mut registry = riddhi_run::registry();
    Connectors::built_in().register(&mut registry, Outside::Started);
    registry
}

/// The plan of an app without mistakes.
pub fn compiled(text: &str) -> App {
    let compiled = compile_with(text, &registry());
    compiled.plan.unwrap_or_else(|| panic!("{text}: {:?}", compiled.diagnostics))
}

/// What is said about an app.
pub fn told(text: &str) -> Vec<Diagnostic> {
    compile_with(text, &registry()).diagnostics
}

/// Lines for people.
pub type Said = Arc<Mutex<Vec<String>>>;

/// For the app's first stream; its lines go nowhere.
pub fn setting(app: &App, network: &Arc<Network>) -> Setting {
    Setting {
        app: "A".into(),
        lineage: "l".into(),
        stream: app.streams[0].name.clone(),
        schema: app.streams[0].schema.clone(),
        bus: Arc::default(),
        network: network.clone(),
        say: Arc::new(|_| {}),
        log: Arc::new(|_| {}),
        stopping: Arc::new(|| false),
    }
}

/// The same; its lines are kept.
pub fn heard(app: &App, network: &Arc<Network>, said: &Said) -> Setting {
    let said = said.clone();
    Setting { say: Arc::new(move |line: &str| said.lock().unwrap().push(line.to_owned())), ..setting(app, network) }
}

/// The app's first connector, a source; it is not open yet.
pub fn source_slot(app: &App, setting: &Setting) -> SourceSlot {
    let plan = &app.connectors[0];
    let (source, mapper) = Connectors::built_in().make_source(plan, setting).expect("it is there");
    SourceSlot::new(plan.key.clone(), 0, source, mapper, setting.say.clone())
}

/// The app's first connector, a sink.
pub fn sink_slot(app: &App, setting: &Setting) -> SinkSlot {
    let plan = &app.connectors[0];
    let (sink, mapper) = Connectors::built_in().make_sink(plan, setting).expect("it is there");
    SinkSlot::new(plan, sink, mapper, setting)
}
