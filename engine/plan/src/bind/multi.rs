//! What joins, patterns and partitions have in common: several inputs.

use riddhi_ql::ast;

use super::scope::Input;
use super::states::flatten;

/// Streams that the queries of a partition read.
pub(crate) fn sources(partition: &ast::Partition) -> Vec<&str> {
    let mut names = Vec::new();
    for query in &partition.queries {
        match &query.input {
            ast::QueryInput::Stream(input) => names.push(input.source.name.name.as_str()),
            ast::QueryInput::Join(join) => {
                names.extend([&join.left, &join.right].map(|side| side.source.name.name.as_str()));
            }
            ast::QueryInput::Pattern(input) | ast::QueryInput::Sequence(input) => {
                let mut states = Vec::new();
                flatten(&input.root, &mut states);
                names.extend(states.iter().map(|s| s.input.source.name.name.as_str()));
            }
            ast::QueryInput::Anonymous(_) => {}
        }
    }
    names
}

/// Numbers the attributes of all inputs.
pub(super) fn place(inputs: &mut [Input<'_>]) {
    let mut first = 0;
    for input in inputs {
        input.first = first;
        first += input.shape.fields.len();
    }
}
