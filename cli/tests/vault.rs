//! Snapshots in PostgreSQL: a node whose state folder is lost goes on from them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use riddhi_test_postgres::{SUPERUSER, Server};

struct Node {
    folder: PathBuf,
}

impl Node {
    fn new(server: &Server) -> Node {
        let folder = std::env::temp_dir().join(format!("riddhi-vault-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let node = Node { folder };
        node.write("n.yaml", &node.config(server.port()));
        let app = "@app:name('A') @source(type='stdin', @map(type='csv')) define stream S (n long);\n\
            @sink(type='stdout', @map(type='csv')) define stream Out (n long, c long);\n\
            from S select n, count() as c insert into Out;\n";
        node.write("a.siddhi", app);
        node
    }

    fn config(&self, port: u16) -> String {
        let (user, password) = (SUPERUSER.0, SUPERUSER.1.replace(' ', "%20"));
        format!(
            "node: n\ndatabase: postgresql://{user}:{password}@127.0.0.1:{port}/postgres?sslmode=disable\n\
             snapshots: {{interval_s: 3600, keep: 2}}\n"
        )
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    fn riddhi(&self, args: &[&str], input: &str) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command
            .args(args)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Runs the app over one event, which ends it; gives the count and what was told.
    fn run(&self) -> (i64, String) {
        let (code, out, told) = self.riddhi(&["run", "a.siddhi", "--config", "n.yaml"], "7\n");
        assert_eq!(code, Some(0), "{told}");
        let count = out.lines().last().and_then(|line| line.split(',').nth(1)?.parse().ok());
        (count.unwrap_or_else(|| panic!("{out}{told}")), told)
    }

    fn lose_state(&self) {
        fs::remove_dir_all(self.folder.join("riddhi-state")).unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_lost_folder_is_replaced_by_the_newest_revision_that_is_whole() {
    let Some(mut server) = Server::start() else { return };
    let node = Node::new(&server);
    // The tables are not there: whether there is something to go on from cannot be known.
    let (code, _, told) = node.riddhi(&["run", "a.siddhi", "--config", "n.yaml"], "7\n");
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("riddhi migrate"), "{told}");
    let (code, _, told) = node.riddhi(&["migrate", "--config", "n.yaml"], "");
    assert_eq!(code, Some(0), "{told}");
    for expected in [1, 2, 3] {
        let (count, told) = node.run();
        assert_eq!(count, expected, "{told}");
        assert!(!told.contains("warning: app"), "{told}");
    }
    let sql = "select string_agg(\"position\"::text, ' ' order by id desc) from riddhi.snapshot where whole";
    let revisions = server.psql("postgres", sql);
    let revisions: Vec<&str> = revisions.split_whitespace().collect();
    assert!(revisions.len() == 2 && revisions[0] == "3", "the newest two are kept: {revisions:?}");
    node.lose_state();
    let (count, told) = node.run();
    assert_eq!(count, 4, "{told}");
    assert!(told.contains("the state folder is empty: it goes on from revision"), "{told}");
    assert!(told.contains("at entry 3; the journal after it is not there"), "{told}");
    // The newest revision is broken: the one before counts.
    let newest = "(select max(id) from riddhi.snapshot where whole)";
    server.psql("postgres", &format!("update riddhi.snapshot_chunk set data = 'x' where snapshot_id = {newest}"));
    node.lose_state();
    let (count, told) = node.run();
    assert_eq!(count, 4, "{told}");
    assert!(told.contains("cannot be used") && told.contains("trying the one before it"), "{told}");
    // Nobody knows what is in a database that is away: the app does not begin anew.
    node.lose_state();
    server.stop();
    let (code, _, told) = node.riddhi(&["run", "a.siddhi", "--config", "n.yaml"], "7\n");
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("the state folder is empty, and the snapshots in"), "{told}");
}
