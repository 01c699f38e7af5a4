//! `env:`: so far the one function that asks nothing of the host.

use std::net::Ipv4Addr;
use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{Registry, RowFailure};

use super::rowwise::{Out, Row, of_row};
use super::signature::{Checked, STRING};

pub(super) fn register(registry: &mut Registry) {
    let origin = Checked {
        overloads: &[&[STRING]],
        make: |_| Ok(of_row("env:getOriginIPFromXForwarded", Type::String, origin)),
    };
    registry.scalar("env", "getOriginIPFromXForwarded", Arc::new(origin));
}

/// The first address of a list that is none of a private network; null if there is none.
fn origin(row: &Row<'_>, out: &mut String) -> Result<Out, RowFailure> {
    let Some(list) = row.text(0)? else { return Ok(Out::Null) };
    let public = |address: &Ipv4Addr| {
        !(address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified())
    };
    let found = list.split(',').map(str::trim).find(|part| part.parse().is_ok_and(|address| public(&address)));
    Ok(found.map_or(Out::Null, |address| {
        out.push_str(address);
        Out::Text
    }))
}
