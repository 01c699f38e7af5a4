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
            None => shared(key.rsplit_once('/').map_or(key, |(key, _)| key), app),
        }
    };
    let names: BTreeSet<String> = keys.iter().map(name).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The name of a table, an aggregation or a partition.
fn shared(key: &str, app: &App) -> String {
    match (key.split_once(':'), app.partitions.iter().find(|partition| partition.key == key)) {
        (_, Some(partition)) => partition.label.clone(),
        (Some((what @ ("table" | "aggregation"), name)), None) => format!("{what} {name}"),
        _ => key.to_owned(),
    }
}
