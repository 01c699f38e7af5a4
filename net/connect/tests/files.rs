//! Files that are followed while they are renamed and deleted.

mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use riddhi_batch::Frame;
use riddhi_connect::source::SourceSlot;
use riddhi_run::{App, Clock};
use support::{compiled, setting, source_slot};

/// A folder that goes when the test is done.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("riddhi-files-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A source that follows files, and what it has read.
struct Followed {
    app: App,
    slot: SourceSlot,
    clock: Clock,
}

impl Followed {
    fn new(uri: &Path) -> Followed {
        let options = "file.polling.interval='1', dir.polling.interval='1'";
        let text = format!(
            "@source(type='file', file.uri='{}', {options}, @map(type='csv')) define stream S (v int);",
            uri.display()
        );
        let app = compiled(&text);
        let setting = setting(&app, &Arc::default());
        let slot = source_slot(&app, &setting);
        Followed { app, slot, clock: Clock::new(false, 7) }
    }

    /// Polls once; gives the values.
    fn poll(&mut self) -> Vec<String> {
        let mut frame = Frame::new([&self.app.streams[0].schema]);
        self.slot.poll(&mut frame, &mut self.clock, 100);
        let rows = &frame.flows[0].rows;
        (0..rows.len()).map(|i| rows.cols[0].value(i, &frame.arena).to_string()).collect()
    }

    /// Polls until so many values are there.
    fn poll_for(&mut self, n: usize) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..10_000 {
            all.append(&mut self.poll());
            if all.len() >= n {
                break;
            }
            // Longer than between two looks.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        all
    }
}

#[test]
fn what_is_written_to_a_file_while_it_is_renamed_is_read() {
    let folder = Folder::new("renamed");
    let path = folder.0.join("in.csv");
    let mut old = OpenOptions::new().append(true).create(true).open(&path).expect("a file can be opened");
    old.write_all(b"1\n").expect("a file can be written");
    let mut followed = Followed::new(&path);
    assert_eq!(followed.poll_for(1), ["1"]);
    fs::rename(&path, folder.0.join("in.csv.1")).expect("it can be renamed");
    fs::write(&path, "3\n").expect("a file can be written");
    // The end of the old one was seen, and that its name stands for another; its writer had not been told yet.
    assert_eq!(followed.poll(), [""; 0]);
    old.write_all(b"2\n").expect("a file can be written");
    assert_eq!(followed.poll_for(2), ["2", "3"]);
}

#[test]
fn followed_files_that_were_deleted_are_forgotten() {
    let folder = Folder::new("deleted");
    let mut followed = Followed::new(&folder.0.join("*.csv"));
    followed.poll();
    let none = followed.slot.source.save().len();
    for n in 0..5 {
        let path = folder.0.join(format!("{n}.csv"));
        fs::write(&path, format!("{n}\n")).expect("a file can be written");
        assert_eq!(followed.poll_for(1), [n.to_string()]);
        assert!(followed.slot.source.save().len() > none);
        fs::remove_file(&path).expect("it can be deleted");
    }
    for _ in 0..10_000 {
        followed.poll();
        if followed.slot.source.save().len() == none {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert_eq!(followed.slot.source.save().len(), none);
    // One that comes again is read again.
    fs::write(folder.0.join("0.csv"), "9\n").expect("a file can be written");
    assert_eq!(followed.poll_for(1), ["9"]);
}
