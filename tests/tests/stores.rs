//! Tables whose rows are in a store answer as those in memory do: recorded cases and random graphs of queries, each table of
//! them behind the trait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use riddhi_batch::Arena;
use riddhi_case::drive::{Way, text_of};
use riddhi_case::form::Case;
use riddhi_case::script::{Script, Step};
use riddhi_exec::table::{
    Answers, ChangeName, Events, InMemory, Prepared, ROWS_MAX, Rejected, StoreError, Table, TableStore,
};
use riddhi_plan::registry::{Registry, StoreSpec};
use riddhi_plan::table::{ChangePlan, TableCondition};
use riddhi_run::{StoreTypes, registry};
use riddhi_tests::data::cases;

/// A store that outlives the engines that are connected with it.
struct Shared(Arc<Mutex<InMemory>>);

impl Shared {
    fn with<T>(&self, f: impl FnOnce(&mut InMemory) -> T) -> T {
        f(&mut self.0.lock().expect("nothing panics while it is locked"))
    }
}

impl TableStore for Shared {
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError> {
        self.with(|store| store.prepare(condition))
    }

    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError> {
        self.with(|store| store.prepare_change(change))
    }

    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError> {
        self.with(|store| store.look_up(condition, events, arena))
    }

    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError> {
        self.with(|store| store.apply(change, events, arena))
    }

    fn mark(&mut self) -> Result<Option<ChangeName>, StoreError> {
        self.with(TableStore::mark)
    }

    fn begin_anew(&mut self) -> Result<(), StoreError> {
        self.with(TableStore::begin_anew)
    }
}

/// Cases of what Siddhi's tables in memory lose and merge where they have no primary key (docs/language.md): a store does not.
const ODD: [&str; 17] = [
    "11.2.index-makes-a-set",
    "11.2.set-tells-times-apart",
    "11.3.delete-last-row-and-upsert",
    "11.3.delete-last-row-loses-inserts",
    "11.3.delete-last-rows-by-range",
    "11.3.update-makes-rows-equal",
    "11.3.update-mends-last-row",
    "11.3.update-of-another-row",
    "11.3.upsert-mends-last-row",
    "fuzz.table.s11-1191",
    "fuzz.table.s11-1363",
    "index-equal-rows-all",
    "index-equal-rows-del",
    "index-equal-rows-hide",
    "index-equal-rows-ins",
    "index-equal-rows-other",
    "index-equal-rows-two",
];

/// Stores with nothing in them.
fn stores() -> StoreTypes {
    let tables: Mutex<BTreeMap<String, Arc<Mutex<InMemory>>>> = Mutex::default();
    let mut types = StoreTypes::default();
    types.add("memory", move |plan| {
        let mut tables = tables.lock().expect("nothing panics while it is locked");
        let table = || Arc::new(Mutex::new(InMemory::new(Table::new(Arc::new(plan.clone()), ROWS_MAX))));
        Ok(Box::new(Shared(tables.entry(plan.name.clone()).or_insert_with(table).clone())))
    });
    types
}

fn with_memory() -> Registry {
    let mut registry = registry();
    registry.store(StoreSpec { name: "memory", options: Vec::new() });
    registry
}

/// The case with each table and aggregation in a store; none if it has neither.
fn stored(case: &Case) -> Option<Case> {
    let mut case = case.clone();
    let mut tables = 0;
    for app in &mut case.apps {
        for what in ["define table", "define aggregation"] {
            tables += app.matches(what).count();
            *app = app.replace(what, &format!("@store(type='memory') {what}"));
        }
    }
    (tables > 0).then_some(case)
}

/// Whether a case starts anew or goes back, which a store does not.
fn goes_back(script: &Script) -> bool {
    script.has_controls()
}

/// Whether a query between two frames changes a table, which those in stores do not have yet.
fn changes_by_query(script: &Script) -> bool {
    let changes =
        |step: &Step| matches!(step, Step::Query(query) if query.as_ref().as_ref().is_ok_and(|q| q.changes()));
    script.steps.iter().any(changes)
}

/// The same for all orders of rows, of lines and in a line.
fn unordered(text: &str) -> Vec<String> {
    let sorted = |line: &str| {
        let mut parts: Vec<&str> = line.split(['[', ']', ',', ' ']).collect();
        parts.sort_unstable();
        parts.join(" ")
    };
    let mut lines: Vec<String> = text.lines().map(sorted).collect();
    lines.sort_unstable();
    lines
}

fn ways(seed: u64) -> Vec<(String, Way)> {
    vec![
        ("frames of 1".to_owned(), Way::frames_of(1)),
        ("frames of 7".to_owned(), Way::frames_of(7)),
        ("frames of 64".to_owned(), Way::frames_of(64)),
        ("random frames".to_owned(), Way::random(seed)),
        ("frames of 7, restored every 3".to_owned(), Way::frames_of(7).restored_every(3)),
        ("2 workers".to_owned(), Way::frames_of(7).on_workers(2)),
        ("stepped".to_owned(), Way::frames_of(64).stepped()),
        ("general".to_owned(), Way::random(seed).general()),
    ]
}

#[test]
fn cases_answer_as_in_memory() {
    let registry = with_memory();
    let (mut tried, mut by_bucket, mut left, mut odd, mut wrong) = (0, 0, Vec::new(), Vec::new(), Vec::new());
    for (i, case) in cases("cases").iter().chain(&cases("data/core")).enumerate() {
        let Some(stored) = stored(case) else { continue };
        let Ok(script) = Script::of(case) else { continue };
        let far = match Script::with(&stored, &registry) {
            Ok(far) => far,
            Err(why) => {
                left.push(format!("{}: {why:?}", case.name));
                continue;
            }
        };
        if goes_back(&script) || changes_by_query(&far) {
            left.push(format!("{}: controls", case.name));
            continue;
        }
        tried += 1;
        let (mut expected, _) = text_of(&script, &Way::frames_of(1)).expect("its states can be loaded");
        if ODD.contains(&case.name.as_str()) {
            odd.push(case.name.clone());
            let in_memory = std::mem::take(&mut expected);
            expected = text_of(&far, &Way::frames_of(1).with(stores())).expect("its states can be loaded").0;
            assert_ne!(in_memory, expected, "{} is not odd", case.name);
        }
        if case.apps.iter().any(|app| app.contains("define aggregation")) {
            // In which order rows are found is the store's affair.
            by_bucket += 1;
            let in_memory = std::mem::take(&mut expected);
            expected = text_of(&far, &Way::frames_of(1).with(stores())).expect("its states can be loaded").0;
            if unordered(&in_memory) != unordered(&expected) {
                wrong.push(format!("{}, other rows\n{in_memory}---\n{expected}", case.name));
                continue;
            }
        }
        let mut state = None;
        for (name, way) in ways(i as u64) {
            let same_form = !way.options.force_general;
            let (found, run) = text_of(&far, &way.with(stores())).expect("its states can be loaded");
            if found != expected {
                wrong.push(format!("{}, {name}\n{expected}---\n{found}", case.name));
                break;
            }
            // Other forms of a query keep other things.
            if same_form && *state.get_or_insert_with(|| run.state.clone()) != run.state {
                wrong.push(format!("{}, {name}: another state", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried} differ:\n{}", wrong.len(), wrong.join("\n"));
    odd.sort();
    assert_eq!(odd, ODD);
    assert!(by_bucket > 25, "{by_bucket} of aggregations");
    assert!(tried > 150, "{tried} tried, left out:\n{}", left.join("\n"));
}
