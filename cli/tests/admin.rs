//! The admin port as people see it: a node alone, and both nodes of a pair.

#[path = "../src/run/admin/check.rs"]
mod check;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use riddhi_test_postgres::Server;
use serde_json::Value;
use support::LONG;
use support::pair::{NAMES, Pair, get};

fn number(metrics: &str, sample: &str) -> f64 {
    let line = metrics.lines().find(|l| l.strip_prefix(sample).is_some_and(|rest| rest.starts_with(' ')));
    let line = line.unwrap_or_else(|| panic!("{sample} is not in\n{metrics}"));
    line[sample.len()..].trim().parse().unwrap()
}

#[test]
fn a_node_alone_tells_health_and_metrics() {
    let folder = std::env::temp_dir().join(format!("riddhi-admin-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let app = "@app:name('A') @source(type='stdin', @map(type='json')) define stream S (n int);\n\
               @sink(type='log') define stream Out (n int); from S select n insert into Out;";
    std::fs::write(folder.join("a.siddhi"), app).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_riddhi"))
        .args(["run", "a.siddhi", "--state", "state", "--admin", "127.0.0.1:0"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (to, lines) = mpsc::channel();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|l| drop(to.send(l))));
    let told = lines.recv_timeout(LONG).unwrap();
    let port = told.rsplit_once(':').and_then(|(_, port)| port.trim().parse().ok());
    let port: u16 = port.unwrap_or_else(|| panic!("no port in {told}"));
    let ask = |path: &str| get(port, path).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = "{\"event\":{\"n\":1}}\n{\"event\":{\"n\":2}}\nwhat\n";
    stdin.write_all(body.as_bytes()).unwrap();
    let begun = std::time::Instant::now();
    let metrics = loop {
        let (status, text) = ask("/metrics");
        assert_eq!(status, 200);
        assert_eq!(check::check(&text), Ok(()), "{text}");
        if text.contains("riddhi_app_events_total{app=\"A\"} 2") && text.contains("sink=\"log\",place=\"0\"} 2") {
            break text;
        }
        if begun.elapsed() > LONG {
            let _ = child.kill();
            panic!("the events do not show in\n{text}");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let source = "app=\"A\",stream=\"S\",source=\"stdin\",place=\"0\"";
    assert_eq!(number(&metrics, &format!("riddhi_source_events_total{{{source}}}")), 3.0);
    assert_eq!(number(&metrics, &format!("riddhi_source_malformed_total{{{source}}}")), 1.0);
    assert!(number(&metrics, &format!("riddhi_source_idle_seconds{{{source}}}")) < 60.0);
    assert!(number(&metrics, "riddhi_journal_bytes{app=\"A\"}") > 0.0);
    assert!(number(&metrics, "riddhi_snapshot_bytes{app=\"A\"}") > 0.0);
    assert!(number(&metrics, "process_resident_memory_bytes") > 1e6);
    assert_eq!(number(&metrics, "riddhi_ready"), 1.0);
    assert_eq!(ask("/health").1, "{\"status\":\"healthy\"}");
    assert_eq!(ask("/health/ready"), (200, "{\"status\":\"ready\"}".into()));
    assert_eq!(ask("/ha/role").0, 200);
    assert_eq!(ask("/").0, 404);
    drop(stdin);
    assert!(child.wait().unwrap().success());
    reader.join().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn both_nodes_of_a_pair_answer_and_only_the_active_is_ready() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::new(server.port());
    let active = pair.start_both();
    let passive = 1 - active;
    let ask = |pair: &Pair, node: usize, path: &str| pair.page(node, path).unwrap();
    assert_eq!(ask(&pair, active, "/health/ready"), (200, "{\"status\":\"ready\"}".into()));
    let (status, text) = ask(&pair, passive, "/health/ready");
    assert!(status == 503 && text.contains("\"passive\""), "{text}");
    for node in 0..2 {
        assert_eq!(ask(&pair, node, "/health").0, 200);
        assert_eq!(ask(&pair, node, "/health/live").0, 200);
        // The passive reads the row every now and then.
        let role = pair.until("it knows who is in sync", |pair| {
            let role: Value = serde_json::from_str(&pair.page(node, "/ha/role")?.1).ok()?;
            (role["isInSync"] == true).then_some(role)
        });
        let (name, words) = (NAMES[node], if node == active { ["active", "Active"] } else { ["passive", "Passive"] });
        assert_eq!([&role["role"], &role["haStatus"]], words, "{role}");
        assert_eq!([&role["node"], &role["clusterID"]], [name, pair.group.as_str()], "{role}");
        assert_eq!(role["activeNode"], NAMES[active], "{role}");
        assert_eq!(role["linkedTo"], NAMES[1 - node], "{role}");
        assert_eq!(role["serving"], node == active, "{role}");
        assert_eq!(role["epoch"], 1, "{role}");
        let follows = "riddhi_follower_following{app=\"A\"} 1";
        if node == passive {
            pair.until("the app is followed", |pair| pair.page(node, "/metrics")?.1.contains(follows).then_some(()));
        }
        let metrics = ask(&pair, node, "/metrics").1;
        assert_eq!(metrics.contains("riddhi_follower"), node == passive, "{metrics}");
        assert_eq!(check::check(&metrics), Ok(()), "{metrics}");
        let documents = include_str!("../../docs/admin.md");
        for family in metrics.lines().filter_map(|l| l.strip_prefix("# HELP ")?.split(' ').next()) {
            assert!(documents.contains(&format!("`{family}`")), "{family} is not in docs/admin.md");
        }
        let is_active = f64::from(u8::from(node == active));
        assert_eq!(number(&metrics, "riddhi_ha_active"), is_active);
        assert_eq!(number(&metrics, "riddhi_ready"), is_active);
        assert!(number(&metrics, "riddhi_ha_database_round_trip_seconds") > 0.0);
        let moved = if node == active { "riddhi_ha_records_sent_total" } else { "riddhi_ha_records_received_total" };
        assert!(number(&metrics, moved) > 0.0, "{metrics}");
    }
    // Alone it serves on, and says so.
    pair.kill(passive);
    pair.until("the active is alone", |pair| {
        let (status, text) = pair.page(active, "/health/ready")?;
        (status == 200 && text.contains("\"degraded\"")).then_some(())
    });
    // Once the active is gone as well nobody is ready; the other one comes back, is not in sync, and says so.
    pair.kill(active);
    pair.start(passive);
    let (status, text) = pair.until("the old passive answers", |pair| pair.page(passive, "/health/ready"));
    assert!(status == 503, "{text}");
}
