//! `run --record`: a journal of all that comes in, beside the state's own.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use riddhi_run::App;

use super::disk::Patient;
use super::segments::{Segments, list};
use crate::exit::{Exit, Failure, plain};
use crate::replay::journal_inputs;

/// Begins to record into the folder. What lies there must end where this begins.
pub fn begin(
    folder: &Path,
    app: &App,
    zone: &str,
    position: u64,
    now: i64,
    patient: &Arc<Patient>,
) -> Result<Segments, Failure> {
    let shown = folder.display();
    let cannot = |e: std::io::Error| Failure::new(Exit::Usage, format!("cannot record into {shown}: {}", plain(&e)));
    fs::create_dir_all(folder).map_err(cannot)?;
    let there = list(folder).map_err(cannot)?;
    if !there.is_empty() && position == 0 {
        let message = format!("--record: {shown} holds a journal already");
        return Err(Failure::new(Exit::Usage, message).help("give another folder, or delete it"));
    }
    Segments::begin(folder, journal_inputs(app), zone, there, position, now, patient.clone())
}
