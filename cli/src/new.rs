//! `riddhi new`: a small project to begin with: an app, events to try it on, its test, a README.

use std::fs;
use std::io;
use std::path::Path;

use clap::Args;

use crate::exit::{Exit, Failure};
use crate::tell;

/// The app, whose name stands for `NAME`.
const APP: &str = include_str!("new/app.siddhi");
/// Events to replay.
const EVENTS: &str = include_str!("new/events.jsonl");
/// The app's case.
const CASE: &str = include_str!("new/hot.case");
/// What to do with it.
const README: &str = include_str!("new/README.md");

/// `riddhi new`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NewArgs {
    /// The folder to make; its last part is the app's name
    #[arg(value_name = "NAME")]
    pub name: String,
}

const EXAMPLES: &str = "Examples:\n  \
    riddhi new sensors     makes sensors/ with sensors.siddhi, events.jsonl, tests/hot.case, a README\n  \
    cd sensors && riddhi test";

/// Makes the folder and what is in it. What is there already stays as it is.
pub fn new(args: &NewArgs) -> Result<Exit, Failure> {
    let folder = Path::new(&args.name);
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if !is_name(name) {
        let message = format!("`{}` cannot be an app's name", args.name);
        return Err(Failure::new(Exit::Usage, message).help("give letters, digits, `-` and `_`, for example sensors"));
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("{} is there already, and not empty", folder.display());
        return Err(Failure::new(Exit::Usage, message).help("give another name, or take it away"));
    }
    let app = format!("{name}.siddhi");
    let files = [(app.as_str(), APP), ("events.jsonl", EVENTS), ("tests/hot.case", CASE), ("README.md", README)];
    for (file, text) in files {
        let path = folder.join(file);
        write(&path, &text.replace("NAME", name))
            .map_err(|e| Failure::file("cannot write", &path.display().to_string(), &e))?;
    }
    let shown = folder.display();
    tell(&format!("made {shown}: {app}, events.jsonl, tests/hot.case, README.md\nnext: cd {shown} && riddhi test\n"));
    Ok(Exit::Done)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') && !name.starts_with('-')
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(path, text)
}
