//! The passive's side: records become the files that they stand for.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::follow::Followers;
use super::operation::Operation;
use crate::run::background::Background;
use crate::run::store::{EXTENSION, PUBLISHED};

/// Files that are kept open.
const OPEN_MAX: usize = 64;

/// The files of all apps.
pub struct Copies {
    folder: PathBuf,
    open: HashMap<PathBuf, File>,
    /// They are being built anew: what stands for a file that is not there yet is void.
    building: bool,
    /// Who reads the files as they grow.
    followers: Option<Arc<Followers>>,
    background: Background,
}

impl Copies {
    /// In a folder with one for each app.
    pub fn new(folder: &Path, followers: Option<Arc<Followers>>) -> Copies {
        Copies {
            folder: folder.to_path_buf(),
            open: HashMap::new(),
            building: false,
            followers,
            background: Background::default(),
        }
    }

    /// Whether all files are there.
    pub fn is_whole(&self) -> bool {
        !self.building
    }

    /// All that is there is void.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        if let Some(followers) = &self.followers {
            followers.void();
        }
        self.open.clear();
        self.building = true;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Makes a change.
    pub fn apply(&mut self, record: &[u8]) -> io::Result<()> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "a record that is none of ours");
        match Operation::parse(record).ok_or_else(wrong)? {
            Operation::Whole => {
                self.building = false;
                self.follow();
            }
            Operation::Create { app, file } => {
                let folder = self.folder.join(app);
                fs::create_dir_all(&folder)?;
                let path = folder.join(file);
                self.tell_replaced(app, file, &path);
                let file = File::create(&path)?;
                self.keep(path, file);
            }
            Operation::Append { app, file, bytes } => {
                let path = self.folder.join(app).join(file);
                if !self.open.contains_key(&path) {
                    match OpenOptions::new().append(true).open(&path) {
                        Ok(file) => self.keep(path.clone(), file),
                        // It was made before the beginning, and what counts of it comes.
                        Err(e) if e.kind() == io::ErrorKind::NotFound && self.building => return Ok(()),
                        Err(e) => return Err(e),
                    }
                }
                if let Some(out) = self.open.get_mut(&path) {
                    out.write_all(bytes)?;
                }
                self.tell_noted(file);
            }
            Operation::Rename { app, file, to } => {
                let folder = self.folder.join(app);
                self.open.remove(&folder.join(file));
                self.open.remove(&folder.join(to));
                self.tell_replaced(app, to, &folder.join(to));
                self.missing(fs::rename(folder.join(file), folder.join(to)))?;
                self.tell_noted(to);
            }
            Operation::Remove { app, file } => {
                let path = self.folder.join(app).join(file);
                self.open.remove(&path);
                // The active waits for the answer, and somebody may read the file.
                let deleted = self.background.delete(&path, false, || fs::remove_file(&path));
                // The active has removed what was never here: what is older than the state this was built from.
                match deleted {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    other => other?,
                }
            }
        }
        Ok(())
    }

    /// The files are there, for those who follow them.
    pub fn follow(&self) {
        if let Some(followers) = self.followers.as_ref().filter(|_| !self.building) {
            followers.whole();
        }
    }

    /// A snapshot or segment that somebody may read is about to become another one.
    fn tell_replaced(&self, app: &str, file: &str, path: &Path) {
        if let Some(followers) = self.followers.as_ref().filter(|_| !self.building)
            && file.ends_with(EXTENSION)
            && path.exists()
        {
            followers.replaced(app);
        }
    }

    fn tell_noted(&self, file: &str) {
        if let Some(followers) = self.followers.as_ref().filter(|_| file == PUBLISHED) {
            followers.news();
        }
    }

    fn missing(&self, done: io::Result<()>) -> io::Result<()> {
        match done {
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.building => Ok(()),
            other => other,
        }
    }

    fn keep(&mut self, path: PathBuf, file: File) {
        if self.open.len() >= OPEN_MAX {
            self.open.clear();
        }
        self.open.insert(path, file);
    }

    /// Closes all: the apps start from them.
    pub fn close(&mut self) {
        self.open.clear();
    }
}
