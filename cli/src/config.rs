//! The configuration of a node: read from its file and the environment, shown by `riddhi config check`.
//!
//! What `riddhi run` needs of it is [`ConfigFile::open`] and [`ConfigFile::into_config`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Read};

use clap::{Args, Subcommand};
use riddhi_config::{Config, Environment, FILE_BYTES_MAX, Loaded, load, unused_line};
use riddhi_ql::{Diagnostics, Report, Severity, render_text};
use serde_json::json;

use crate::app::neighbour;
use crate::args::ReportFormat;
use crate::database::look;
use crate::exit::{Exit, Failure};
use crate::terminal::{colours, counted, print, say, stderr_colours};

const CHECK: &str = "Examples:\n  \
    riddhi config check --config conf/deployment.yaml\n  \
    riddhi config check --config riddhi.yaml -D carbon.home=/opt/sp --format json\n  \
    riddhi config check --config riddhi.yaml --offline     the file only\n\n\
    The exit code is 0 if a node can run with it, 1 if something is wrong.";

/// `riddhi config`.
#[derive(Debug, Args)]
#[command(after_help = CHECK)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be done with a configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Look for mistakes in a configuration
    #[command(after_help = CHECK)]
    Check(CheckArgs),
}

/// `riddhi config check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which file, and what fills it in.
    #[command(flatten)]
    pub file: FileArgs,
    /// Look at the file only, not into the databases
    #[arg(long)]
    pub offline: bool,
    /// Text for people or JSON for tools
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
}

/// Which configuration, and what fills it in.
#[derive(Clone, Debug, Args)]
pub struct FileArgs {
    /// A deployment.yaml of WSO2 SP, or a riddhi.yaml
    #[arg(long = "config", value_name = "F")]
    pub path: String,
    /// What ${sys:NAME} stands for in it
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = property)]
    pub properties: Vec<(String, String)>,
}

pub fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Does what `riddhi config` is asked for.
pub fn config(args: &ConfigArgs) -> Result<Exit, Failure> {
    match &args.command {
        ConfigCommand::Check(args) => check(args),
    }
}

fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let mut file = ConfigFile::open(&args.file)?;
    if !args.offline {
        file.look();
    }
    let exit = if file.loaded.config.is_some() { Exit::Done } else { Exit::Mistakes };
    match args.format {
        ReportFormat::Json => print(&format!("{:#}\n", file.json(exit)))?,
        ReportFormat::Text => print(&(file.text(colours(io::stdout().is_terminal())) + &file.verdict()))?,
    }
    Ok(exit)
}

/// A file that was read.
pub struct ConfigFile {
    path: String,
    /// What reading came to.
    pub loaded: Loaded,
    /// What the databases are like, if they were looked into.
    facts: Vec<String>,
}

impl ConfigFile {
    /// Reads a configuration. Fails only if the file cannot be read; what is wrong in it is in the diagnostics.
    pub fn open(args: &FileArgs) -> Result<ConfigFile, Failure> {
        let failed =
            |e: &io::Error| neighbour(&args.path, Failure::file("cannot read the configuration", &args.path, e), e);
        let mut bytes = Vec::new();
        // One byte more than is read shows that there is more.
        let limit = FILE_BYTES_MAX as u64 + 1;
        let file = File::open(&args.path).map_err(|e| failed(&e))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
        let loaded = load(&args.path, &bytes, &environment(&args.properties));
        Ok(ConfigFile { path: args.path.clone(), loaded, facts: Vec::new() })
    }

    /// The configuration, its warnings and the line of keys without effect told on standard error; a failure if anything is
    /// wrong.
    pub fn into_config(self) -> Result<Config, Failure> {
        let text = self.text(stderr_colours());
        match self.loaded.config {
            Some(config) => {
                say(&text);
                Ok(config)
            }
            None => Err(Failure::report(Exit::Mistakes, text)),
        }
    }

    /// Looks into the databases that are named; what is wrong there is added to the diagnostics.
    fn look(&mut self) {
        let Some(config) = &self.loaded.config else { return };
        let found = look(config);
        self.facts = found.facts;
        let mut all = Diagnostics::new();
        all.extend(std::mem::take(&mut self.loaded.diagnostics));
        all.extend(found.diagnostics);
        if all.has_errors() {
            self.loaded.config = None;
        }
        self.loaded.diagnostics = all.into_sorted();
    }

    /// The diagnostics and the line of keys without effect, for people.
    pub fn text(&self, colours: bool) -> String {
        let mut text = render_text(&self.loaded.diagnostics, &self.loaded.source, colours);
        if let Some(line) = unused_line(&self.loaded.unused) {
            let space = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{space}note: {line}\n"));
        }
        for fact in &self.facts {
            text.push_str(&format!("note: {fact}\n"));
        }
        text
    }

    fn verdict(&self) -> String {
        let count = |severity| self.loaded.diagnostics.iter().filter(|d| d.severity == severity).count();
        let space = if self.loaded.diagnostics.is_empty() && self.loaded.unused.is_empty() && self.facts.is_empty() {
            ""
        } else {
            "\n"
        };
        let told = match (count(Severity::Error), count(Severity::Warning)) {
            (0, 0) => "no mistakes".to_owned(),
            (0, warnings) => format!("usable, with {}", counted(warnings, "warning")),
            (errors, _) => counted(errors, "mistake"),
        };
        format!("{space}{}: {told}\n", self.path)
    }

    fn json(&self, exit: Exit) -> serde_json::Value {
        let reports: Vec<Report> =
            self.loaded.diagnostics.iter().map(|d| Report::new(d, &self.loaded.source)).collect();
        let unused: Vec<&str> = self.loaded.unused.iter().map(|u| u.path.as_str()).collect();
        json!({"file": self.path, "exit": exit as u8, "diagnostics": reports, "without_effect": unused, "facts": self.facts})
    }
}

/// The process's environment.
fn environment(properties: &[(String, String)]) -> Environment {
    let text = |s: std::ffi::OsString| s.into_string().ok();
    let variables: BTreeMap<String, String> =
        std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value))).collect();
    let mut properties: BTreeMap<String, String> = properties.iter().cloned().collect();
    if let Some(home) = variables.get("CARBON_HOME") {
        properties.entry("carbon.home".to_owned()).or_insert_with(|| home.clone());
    }
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Environment { variables, properties, host }
}
