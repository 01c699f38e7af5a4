//! Files as installations have them, and files with mistakes: what is read, what is told.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use riddhi_config::{Environment, code, load, unused_line};
use riddhi_ql::render_text;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    let mut variables: BTreeMap<String, String> = map(variables);
    variables.insert("PG_PASSWORD".into(), "pass#word: 1".into());
    variables.insert("FEEDER".into(), "f".into());
    Environment { variables, properties: map(&[("carbon.home", "/opt/sp")]), host: "box1".into() }
}

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name);
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All that loading comes to, as text.
fn shown(name: &str, bytes: &[u8], environment: &Environment) -> String {
    let loaded = load(name, bytes, environment);
    let mut text = render_text(&loaded.diagnostics, &loaded.source, false);
    if let Some(line) = unused_line(&loaded.unused) {
        writeln!(text, "\n{line}").unwrap();
    }
    if let Some(config) = loaded.config {
        write!(text, "\n{config:#?}").unwrap();
    }
    for d in &loaded.diagnostics {
        assert!(d.help.is_some(), "{}: {} has no help", d.code, d.message);
        assert!(code::ALL.iter().any(|(c, _)| *c == d.code), "{} is not listed", d.code);
    }
    text
}

fn check(name: &str) {
    let text = shown(name, &file(name), &environment(&[]));
    insta::assert_snapshot!(name.strip_suffix(".yaml").unwrap(), text);
}

#[test]
fn a_pair_of_the_product() {
    check("pair.yaml");
}

#[test]
fn a_worker_alone() {
    check("alone.yaml");
}

#[test]
fn a_file_with_riddhis_section() {
    check("added.yaml");
}

#[test]
fn a_pair_in_riddhis_own_words() {
    check("riddhi-pair.yaml");
}

#[test]
fn the_shortest_pair() {
    check("riddhi-small.yaml");
}

#[test]
fn mistakes() {
    check("mistakes.yaml");
}

#[test]
fn mistakes_in_riddhis_own_words() {
    check("riddhi-mistakes.yaml");
}

/// The product's start script sets what its files refer to; without it the file must still be read.
#[test]
fn a_file_whose_home_is_not_told() {
    let environment = Environment { properties: BTreeMap::new(), ..environment(&[]) };
    let text = String::from_utf8(file("pair.yaml")).unwrap();
    let vault = "    parameters:\n      secrets: ${sys:carbon.home}/conf/${sys:wso2.runtime}/${env:NOWHERE}\n\nwso2.datasources:";
    let text = text.replacen("\nwso2.datasources:", vault, 1);
    let loaded = load("pair.yaml", text.as_bytes(), &environment);
    let codes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.code.0).collect();
    assert_eq!(codes, ["C0106", "C0108", "C0105", "C0105"]);
    let key_store = loaded.config.expect("nothing is wrong").databridge.key_store.expect("it is named");
    assert_eq!(key_store.path, "${carbon.home}/resources/security/wso2carbon.jks");
}

#[test]
fn an_empty_file_is_one_node_alone() {
    let loaded = load("riddhi.yaml", b"", &environment(&[]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    assert_eq!(loaded.config, Some(riddhi_config::bare(&environment(&[]))));
}

#[test]
fn passwords_are_shown_to_nobody() {
    for name in ["pair.yaml", "riddhi-pair.yaml", "riddhi-small.yaml", "mistakes.yaml"] {
        let text = shown(name, &file(name), &environment(&[]));
        for secret in ["pass#word", "shop floor", "jRf8"] {
            assert!(!text.contains(secret), "{name} shows {secret}");
        }
    }
}

#[test]
fn variables_override_the_file() {
    let variables = [
        ("WSO2_CARBON__ID", "right"),
        ("WSO2_CARBON__PORTS_OFFSET", "3"),
        ("WSO2_DATASOURCES__DATASOURCES_9_NAME", "PERSISTENCE_DB"),
        ("WSO2_DATASOURCES__DATASOURCES_9_DEFINITION_CONFIGURATION_USERNAME", "other"),
        ("WSO2_TRANSPORT_HTTP__LISTENERCONFIGURATIONS_0_PORT", "9191"),
        ("DEPLOYMENT_CONFIG__EVENTSYNCSERVER_ADVERTISEDHOST", "right.example"),
        ("CLUSTER_CONFIG__STRATEGYCONFIG_HEARTBEATMAXRETRY", "5"),
        ("SIDDHI__REFS_0_REF_PROPERTIES_RECEIVER_URL", "http://0.0.0.0:1/x"),
        ("RIDDHI__HA_LAG_MAX_MS", "700"),
        ("RIDDHI__LIMITS_CONNECTIONS_MAX", "77"),
    ];
    let loaded = load("pair.yaml", &file("pair.yaml"), &environment(&variables));
    let told: Vec<&str> = loaded.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(told.iter().all(|t| t.contains("data bridge")), "{told:?}");
    let config = loaded.config.expect("nothing is wrong");
    let ha = config.ha.clone().expect("it is a pair");
    assert_eq!((config.node.id.as_str(), config.node.made_up), ("right", false));
    assert_eq!(config.databridge.binary.as_ref().map(|p| p.port), Some(9614));
    assert_eq!(config.datasource("PERSISTENCE_DB").map(|d| d.user.as_str()), Some("other"));
    assert_eq!(config.datasource("WSO2_METRICS_DB").map(|d| d.user.as_str()), Some("wso2"));
    assert_eq!(config.admin.map(|a| a.port), Some(9191));
    assert_eq!((ha.advertised.host.as_str(), ha.ttl_ms, ha.lag_max_ms), ("right.example", 5000, 700));
    assert_eq!(config.siddhi.refs[0].properties[0].1, "http://0.0.0.0:1/x");
    assert_eq!(config.limits.connections_max, 77);
}

#[test]
fn variables_that_set_nothing_or_wrong_things_are_told() {
    let variables = [
        ("WSO2_CARBON__PORTS_OFSET", "3"),
        ("CLUSTER_CONFIG__ENABLED", "maybe"),
        ("RIDDHI__ACK", "journaled"),
        ("OTHER__THING", "1"),
    ];
    let loaded = load("alone.yaml", &file("alone.yaml"), &environment(&variables));
    let told = render_text(&loaded.diagnostics, &loaded.source, false);
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_no_yaml() {
    let mut told = String::new();
    let deep = format!("a: {}", "[".repeat(60));
    let laughs = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n\
        d: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e]\n";
    let large = vec![b'#'; riddhi_config::FILE_BYTES_MAX + 1];
    for text in [
        &b"a:\n  b: 1\n c: 2\n"[..],
        b"wso2.carbon:\n\tid: x\n",
        b"- a\n- b\n",
        b"just words",
        b"a: 'open\n",
        b"a: 1\n---\nb: 2\n",
        b"? [a, b]\n: c\n",
        b"a: &x [*x]\n",
        b"a: *nobody\n",
        b"node: \xff\xfe\n",
        b"wso2.carbon:\n  id: ${nope:x}\n  name: ${env:}\n",
        deep.as_bytes(),
        laughs.as_bytes(),
        &large,
    ] {
        told.push_str(&shown("x.yaml", text, &environment(&[])));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_mark_at_the_start_and_line_ends_of_windows_do_not_matter() {
    let text = String::from_utf8(file("alone.yaml")).unwrap();
    let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let [one, two] = [text.as_bytes(), other.as_bytes()].map(|bytes| load("x", bytes, &environment(&[])));
    assert_eq!(one.config, two.config);
    assert!(one.config.is_some());
}

#[test]
fn places_count_letters_of_any_size() {
    let text = format!("# {}\nnode: a\nédité: 1\nack: é\n", "ü".repeat(300));
    let loaded = load("x.yaml", text.as_bytes(), &environment(&[]));
    let places: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|d| loaded.source.position(d.primary.span.start))
        .map(|p| (p.line, p.column))
        .collect();
    assert_eq!(places, [(3, 1), (4, 6)]);
}

/// Comments at any depth, a dash on a line of its own, a blank before a colon: files of the product are laid out like this.
#[test]
fn odd_layouts() {
    let text = "  # Who it is\nwso2.carbon:\n    # its id\n  id : here\n  ports:\n      # moved\n    offset : 2\n\n  # Receivers\n\
        databridge.config:\n    # needed\n  keyStoreLocation : ${sys:carbon.home}/a.jks\n  dataReceivers:\n  -\n      # one\n    \
        dataReceiver:\n        # kind\n      type: Binary\n        # ports\n      properties:\n        tcpPort: '9000'\n#end\n  # Done\n";
    let loaded = load("x.yaml", text.as_bytes(), &environment(&[]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let config = loaded.config.expect("nothing is wrong");
    assert_eq!((config.node.id.as_str(), config.databridge.thrift), ("here", None));
    assert_eq!(config.databridge.binary.map(|p| (p.port, p.tls_port)), Some((9002, 9713)));
    assert_eq!(config.databridge.key_store.map(|k| k.path).as_deref(), Some("/opt/sp/a.jks"));
}

#[test]
fn merge_keys_and_aliases() {
    let text = b"wso2.datasources:\n  dataSources:\n    - name: A\n      definition: &d\n        configuration: &c {jdbcUrl: 'jdbc:postgresql://a/x', username: u}\n    - name: B\n      definition:\n        configuration: {<<: *c, username: v}\n    - name: C\n      definition: *d\n";
    let config = load("x.yaml", text, &environment(&[])).config.expect("nothing is wrong");
    let users: Vec<&str> = config.datasources.iter().map(|d| d.user.as_str()).collect();
    assert_eq!(users, ["u", "v", "u"]);
    assert_eq!(config.datasources[0].target, config.datasources[1].target);
}

#[test]
fn all_codes_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnostics.md");
    let text = fs::read_to_string(path).expect("the document is there");
    for (code, meaning) in code::ALL {
        assert!(text.contains(&format!("| {code} |{meaning} |")), "docs/diagnostics.md: | {code} |{meaning} |");
    }
}

#[test]
fn what_aggregations_do_not_have_is_told_or_refused() {
    let loaded = |text: &str| load("deployment.yaml", text.as_bytes(), &environment(&[]));
    let shared = loaded("siddhi:\n  properties:\n    partitionById: true\n    shardId: n1\n    aggTimeZone: GMT\n");
    let told = unused_line(&shared.unused).unwrap_or_default();
    assert!(told.contains("partitionById") && told.contains("shardId") && !told.contains("aggTimeZone"), "{told}");
    assert!(shared.diagnostics.iter().all(|d| !d.is_error()));
    let zoned = loaded("siddhi:\n  properties:\n    aggTimeZone: Asia/Colombo\n").diagnostics;
    let zoned: Vec<&str> = zoned.iter().filter(|d| d.is_error()).map(|d| &*d.message).collect();
    assert_eq!(zoned, ["aggregations begin their buckets in universal time only"]);
}
