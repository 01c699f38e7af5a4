//! A definition out of its JSON form.

use super::json::{self, Json};
use super::{Attribute, DEFINITION_BYTES_MAX, DefinitionError, StreamDefinition};
use crate::Type;

pub(super) fn read(text: &str) -> Result<StreamDefinition, DefinitionError> {
    if text.len() > DEFINITION_BYTES_MAX {
        return Err(DefinitionError::Json { at: DEFINITION_BYTES_MAX, what: "the text is too long" });
    }
    let Json::Object(mut pairs) = json::parse(text)? else {
        return Err(DefinitionError::Json { at: 0, what: "there is no object" });
    };
    let name = optional(&mut pairs, "name")?.unwrap_or_default();
    let version = optional(&mut pairs, "version")?;
    let definition = StreamDefinition::new(&name, version.as_deref().unwrap_or("1.0.0"))?;
    Ok(StreamDefinition {
        nick_name: optional(&mut pairs, "nickName")?,
        description: optional(&mut pairs, "description")?,
        tags: tags(&mut pairs)?,
        meta: section(&mut pairs, "metaData")?,
        correlation: section(&mut pairs, "correlationData")?,
        payload: section(&mut pairs, "payloadData")?,
        ..definition
    })
}

/// The value of a key; none if it is not there, or null.
fn take(pairs: &mut Vec<(String, Json)>, key: &str) -> Option<Json> {
    let i = pairs.iter().rposition(|(name, _)| name == key)?;
    Some(pairs.remove(i).1).filter(|value| !matches!(value, Json::Null))
}

fn optional(pairs: &mut Vec<(String, Json)>, key: &'static str) -> Result<Option<String>, DefinitionError> {
    match take(pairs, key) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(DefinitionError::Kind { key, must: "a text" }),
    }
}

fn list(pairs: &mut Vec<(String, Json)>, key: &'static str) -> Result<Vec<Json>, DefinitionError> {
    match take(pairs, key) {
        None => Ok(Vec::new()),
        Some(Json::List(items)) => Ok(items),
        Some(_) => Err(DefinitionError::Kind { key, must: "a list" }),
    }
}

fn tags(pairs: &mut Vec<(String, Json)>) -> Result<Vec<String>, DefinitionError> {
    let text = |item| match item {
        Json::Text(text) => Ok(text),
        _ => Err(DefinitionError::Kind { key: "tags", must: "a list of texts" }),
    };
    list(pairs, "tags")?.into_iter().map(text).collect()
}

fn section(pairs: &mut Vec<(String, Json)>, key: &'static str) -> Result<Vec<Attribute>, DefinitionError> {
    let mut attributes: Vec<Attribute> = Vec::new();
    let wrong = DefinitionError::Kind { key, must: "a list of objects with `name` and `type`" };
    let mut names = std::collections::HashSet::new();
    for item in list(pairs, key)? {
        let Json::Object(mut pairs) = item else { return Err(wrong) };
        let (Some(name), Some(ty)) = (optional(&mut pairs, "name")?, optional(&mut pairs, "type")?) else {
            return Err(wrong);
        };
        let Some(known) = Type::of_name(&ty) else { return Err(DefinitionError::Type { attribute: name, ty }) };
        if !names.insert(name.clone()) {
            return Err(DefinitionError::Twice(name));
        }
        attributes.push(Attribute { name, ty: known });
    }
    Ok(attributes)
}
