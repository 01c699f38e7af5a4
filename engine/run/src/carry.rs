//! What another version of an app takes over of a state.
//!
//! A query that is unchanged goes on. So does a table whose columns and primary key are (without a key also whether it has indexes), an aggregation that keeps the same values, and the
//! keys of a partition that tells the same streams apart in the same way; without the keys nothing inside the partition goes on, since its
//! states are numbered by them.

use riddhi_plan::aggregation::AggregationPlan;
use riddhi_plan::logical::Role;
use riddhi_plan::table::TablePlan;

use crate::compile::App;
use crate::engine::Engine;
use crate::snapshot::{CLOCK, SnapshotError, sections};

impl Engine {
    /// [`Engine::load`] for a state of another version of the app: what is unchanged gets its state, all else begins with none.
    /// Gives the names of the elements whose state is left behind, because they are gone or have changed.
    pub fn carry_over(&mut self, bytes: &[u8], of: &App) -> Result<Vec<String>, SnapshotError> {
        let mut left = Vec::new();
        for section in sections(bytes)? {
            let (name, body) = section?;
            let key = name.rsplit_once('/').map_or(name, |(key, _)| key);
            let stays = name == CLOCK || self.stays(of, key);
            if !stays || self.load_section(name, body).is_err() {
                self.forget(key);
                left.push(name.to_owned());
            }
        }
        Ok(left)
    }

    /// Whether what has that key is the same in another version of the app.
    fn stays(&self, of: &App, key: &str) -> bool {
        let app = self.app();
        match self.shared.find(key) {
            Some(riddhi_plan::logical::Shared::Table(number)) => table_stays(app, of, number),
            Some(riddhi_plan::logical::Shared::Keys(_)) => keys_stay(app, of, key),
            Some(riddhi_plan::logical::Shared::Aggregation(number)) => aggregation_stays(app, of, number),
            Some(riddhi_plan::logical::Shared::Looked(stream)) => {
                let window = app.queries.iter().find(|q| matches!(q.role, Role::Window(_)) && q.output == Some(stream));
                window.is_some_and(|window| query_stays(app, of, &window.key))
            }
            None => query_stays(app, of, key),
        }
    }
}

fn table_stays(app: &App, of: &App, number: usize) -> bool {
    let columns = |t: &TablePlan| (t.schema.clone(), t.key.clone(), t.order, t.is_set(), t.store.is_some());
    let name = &app.tables[number].name;
    let same = of.tables.iter().find(|t| t.name == *name).map(columns) == Some(columns(&app.tables[number]));
    // The rows of a duration are of no use without the bucket that is open.
    let owner = app.aggregations.iter().position(|a| a.tables.contains(&number));
    same && owner.is_none_or(|aggregation| aggregation_stays(app, of, aggregation))
}

fn aggregation_stays(app: &App, of: &App, number: usize) -> bool {
    let kept = |a: &AggregationPlan| {
        let places = (a.external, a.groups, a.latest, a.stored.is_empty());
        (a.units.clone(), places, a.bases.clone(), a.row.clone())
    };
    let ours = &app.aggregations[number];
    of.aggregations.iter().find(|a| a.name == ours.name).map(kept) == Some(kept(ours))
}

fn keys_stay(app: &App, of: &App, key: &str) -> bool {
    let told_apart = |app: &App| {
        let number = app.partitions.iter().position(|p| p.key == key)?;
        let partition = &app.partitions[number];
        let splits = app.queries.iter().filter(|q| matches!(&q.role, Role::Split(s) if s.partition == number));
        let splits: Vec<String> = splits.map(|q| q.text.clone()).collect();
        Some((splits, partition.one_type, partition.purge.is_some()))
    };
    let ours = told_apart(app);
    ours.is_some() && ours == told_apart(of)
}

fn query_stays(app: &App, of: &App, key: &str) -> bool {
    let find = |app: &App| {
        let query = app.queries.iter().find(|q| q.key == key)?;
        let partition = match &query.role {
            Role::Split(split) => Some(split.partition),
            _ => query.partition.map(|used| used.number),
        };
        Some((query.text.clone(), query.schema.clone(), partition.map(|number| app.partitions[number].key.clone())))
    };
    let ours = find(app);
    let keys = ours.as_ref().and_then(|(.., keys)| keys.as_ref());
    ours.is_some() && ours == find(of) && keys.is_none_or(|keys| keys_stay(app, of, keys))
}
