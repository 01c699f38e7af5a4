//! What is remembered, by names that people know.

use std::collections::BTreeSet;

use riddhi_run::App;

/// What the keys of an app's state belong to: named queries by their names, others by their numbers as `explain` has them.
pub fn of_keys(keys: &[String], app: &App) -> String {
    let name = |key: &String| -> String {
        let belongs =
            |query: &str| key.strip_prefix(query).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match app.queries.iter().enumerate().find(|(_, query)| belongs(&query.key)) {
            Some((_, query)) if query.name.is_some() => format!("query {}", query.name.as_deref().unwrap_or_default()),
            Some((number, _)) => format!("query {}", number + 1),
            None => shared(key, app).unwrap_or_else(|| key.clone()),
        }
    };
    let names: BTreeSet<String> = keys.iter().map(name).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The name of a table, an aggregation or a partition.
fn shared(section: &str, app: &App) -> Option<String> {
    let (key, _role) = section.rsplit_once('/')?;
    if let Some(partition) = app.partitions.iter().find(|partition| partition.key == key) {
        return Some(partition.label.clone());
    }
    let (what, name) = key.split_once(':').filter(|(what, _)| ["table", "aggregation"].contains(what))?;
    Some(format!("{what} {name}"))
}
