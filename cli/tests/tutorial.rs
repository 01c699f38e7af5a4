//! The tutorial and the README work: their commands are run in order, and answer as they say.
//!
//! A block `console` holds commands behind `$ ` with what they print; one called after a file is that file, or, with a `+`
//! before the name, stands behind what is in it. `RIDDHI_TUTORIAL=update` writes what is printed into the document.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A line of the document, or the commands of a block with what they must print.
enum Part {
    Line(String),
    Command(String, String),
}

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// A shell that remembers where it is.
struct Shell {
    at: PathBuf,
    path: String,
}

impl Shell {
    fn new(name: &str) -> Shell {
        let at = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name.replace('/', "-"));
        let _ = fs::remove_dir_all(&at);
        fs::create_dir_all(&at).unwrap();
        let bin = Path::new(env!("CARGO_BIN_EXE_riddhi")).parent().unwrap();
        Shell { at, path: format!("{}:{}", bin.display(), env::var("PATH").unwrap_or_default()) }
    }

    fn run(&mut self, command: &str) -> String {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.at = self.at.join(folder);
            return String::new();
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{command} 2>&1")]).current_dir(&self.at).env("PATH", &self.path);
        let output = shell.env_remove("RIDDHI_LOG").output().unwrap();
        timeless(&String::from_utf8(output.stdout).unwrap())
    }
}

/// A text without the time that a run took.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" in 0.") {
        Some((before, _)) if line.ends_with(" s") => format!("{before} in 0.00 s\n"),
        _ if line.starts_with("time ") && line.ends_with(" s") => "time 0.004 s\n".to_owned(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn parts(text: &str, shell: &mut Shell, mut run: impl FnMut(&mut Shell, &str, String) -> String) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        parts.push(Part::Line(line.to_owned()));
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("```")) {
            block.push(line);
        }
        match info.split_once(' ') {
            Some((_, file)) => {
                let path = shell.at.join(file.trim_start_matches('+'));
                let mut open = OpenOptions::new();
                open.create(true).append(file.starts_with('+')).write(true).truncate(!file.starts_with('+'));
                let text: String = block.iter().flat_map(|line| [*line, "\n"]).collect();
                open.open(path).unwrap().write_all(text.as_bytes()).unwrap();
                parts.extend(block.iter().map(|line| Part::Line((*line).to_owned())));
            }
            None if info == "console" => {
                for command in commands(&block) {
                    let printed: String = command[1..].iter().flat_map(|line| [*line, "\n"]).collect();
                    let text = command[0].strip_prefix("$ ").expect("a block of commands begins with one");
                    let printed = run(shell, text, printed);
                    parts.push(Part::Command(text.to_owned(), printed));
                }
            }
            None => parts.extend(block.iter().map(|line| Part::Line((*line).to_owned()))),
        }
        parts.extend(lines.next().map(|end| Part::Line(end.to_owned())));
    }
    parts
}

/// Lines cut before each that is a command.
fn commands<'a>(block: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut all: Vec<Vec<&'a str>> = Vec::new();
    for line in block {
        if line.starts_with("$ ") || all.is_empty() {
            all.push(Vec::new());
        }
        all.last_mut().expect("one was pushed").push(line);
    }
    all
}

#[test]
fn the_tutorial_answers_as_written() {
    answers_as_written("docs/tutorial.md", 20);
}

#[test]
fn the_readme_answers_as_written() {
    answers_as_written("README.md", 1);
}

fn answers_as_written(name: &str, commands_min: usize) {
    let text = fs::read_to_string(document(name)).unwrap();
    let update = env::var("RIDDHI_TUTORIAL").is_ok_and(|v| v == "update");
    let mut count = 0;
    let all = parts(&text, &mut Shell::new(name), |shell, command, written| {
        count += 1;
        let printed = shell.run(command);
        assert!(update || printed == written, "$ {command}\n{printed}\ninstead of\n{written}");
        printed
    });
    assert!(count >= commands_min, "only {count} commands");
    if update {
        let lines = all.into_iter().map(|part| match part {
            Part::Line(line) => format!("{line}\n"),
            Part::Command(command, printed) => format!("$ {command}\n{printed}"),
        });
        fs::write(document(name), lines.collect::<String>()).unwrap();
    }
}
