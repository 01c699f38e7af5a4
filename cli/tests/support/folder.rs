//! A folder with what a test has in it, and `riddhi` in there.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::LONG;

/// A folder that goes when the test is done.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("riddhi-test-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file can be written");
    }

    pub fn append(&self, name: &str, text: &str) {
        let mut file =
            OpenOptions::new().append(true).create(true).open(self.path(name)).expect("a file can be opened");
        file.write_all(text.as_bytes()).expect("a file can be written");
    }

    pub fn riddhi(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.current_dir(&self.0).args(args).stdin(Stdio::null());
        command
    }

    /// Starts `riddhi run`, its standard error in the file `err`.
    pub fn start(&self, args: &[&str]) -> Running {
        let err = OpenOptions::new().append(true).create(true).open(self.path("err")).expect("a file can be opened");
        let mut command = self.riddhi(&["run"]);
        let child = command.args(args).stdout(Stdio::null()).stderr(err).spawn();
        Running(child.expect("riddhi starts"))
    }

    /// Waits until a file holds what is asked for.
    pub fn wait_for(&self, name: &str, holds: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text(name);
            if holds(&text) {
                return text;
            }
            let end: Vec<&str> = text.lines().rev().take(20).collect();
            assert!(
                begun.elapsed() < LONG,
                "{name} ends, from the back, {end:?}; standard error: {}",
                self.text("err")
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive the test.
pub struct Running(pub Child);

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status().expect("kill is there");
        assert!(sent.success());
    }

    /// Asks for the end, and gives the exit code.
    pub fn end(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.0.wait().expect("it ends").code()
    }

    pub fn kill(mut self) {
        self.signal("-KILL");
        assert_eq!(self.0.wait().expect("it ends").signal(), Some(9));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
