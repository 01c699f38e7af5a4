//! `riddhi migrate` and `riddhi config check` against a PostgreSQL of the test's own.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use riddhi_test_postgres::Server;

struct Node {
    folder: PathBuf,
    port: u16,
}

impl Node {
    /// A deployment.yaml with the cluster in one database and the state in another.
    fn new(server: &Server) -> Node {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("database");
        fs::create_dir_all(&folder).unwrap();
        Node { folder, port: server.port() }
    }

    fn write(&self, id: &str, group: &str, user: &str) {
        let source = |name: &str| {
            format!(
                "    - name: {name}\n      definition:\n        type: RDBMS\n        configuration:\n          \
                 jdbcUrl: jdbc:postgresql://127.0.0.1:{}/{name}\n          username: {user}\n          password: ${{env:PG_PASSWORD}}\n",
                self.port
            )
        };
        let text = format!(
            "wso2.carbon: {{id: {id}}}\nwso2.datasources:\n  dataSources:\n{}{}\
             state.persistence:\n  enabled: true\n  persistenceStore: DBPersistenceStore\n  config: {{datasource: state}}\n\
             cluster.config:\n  enabled: true\n  groupId: {group}\n  strategyConfig: {{datasource: cluster}}\n\
             deployment.config:\n  type: ha\n  eventSyncServer: {{advertisedHost: {id}.example}}\n",
            source("cluster"),
            source("state")
        );
        fs::write(self.folder.join("deployment.yaml"), text).unwrap();
    }

    fn riddhi(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_riddhi"));
        command.env_remove("NO_COLOR").env("PG_PASSWORD", "a word").current_dir(&self.folder);
        let output = command.args(args).args(["--config", "deployment.yaml"]).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    }

    fn says(&self, args: &[&str], exit: i32, words: &[&str]) {
        let (code, told) = self.riddhi(args);
        assert_eq!(code, exit, "{args:?}: {told}");
        for word in words {
            assert!(told.contains(word), "{args:?}: {word} is missing:\n{told}");
        }
        assert!(!told.contains("a word"), "the password is told:\n{told}");
    }
}

#[test]
fn from_nothing_to_a_pair() {
    let Some(mut server) = Server::start() else { return };
    let (node, check) = (Node::new(&server), &["config", "check"][..]);
    node.write("left", "orders", "wso2");
    node.says(check, 1, &["error[C0202]", "does not let wso2 in"]);
    node.says(&["config", "check", "--offline"], 0, &["no mistakes"]);
    node.says(&["migrate"], 4, &["cluster (127.0.0.1:", "help: look at user and password"]);

    server.psql("postgres", "create role wso2 login password 'a word'");
    node.says(check, 1, &["error[C0202]", "there is no database cluster"]);
    for name in ["cluster", "state"] {
        server.psql("postgres", &format!("create database {name}"));
    }
    node.says(check, 1, &["error[C0204]", "have version 0", "help: run `riddhi migrate --config F`"]);
    node.says(&["migrate"], 4, &["grant create on database \"cluster\" to \"wso2\";"]);
    for name in ["cluster", "state"] {
        server.psql("postgres", &format!("grant create on database {name} to wso2"));
    }
    node.says(&["migrate"], 0, &["cluster (127.0.0.1:", "0001_group", "state (127.0.0.1:"]);
    node.says(&["migrate"], 0, &["already"]);
    node.says(check, 0, &["no mistakes", "tables of version", "same groupId, `orders`", "left.example:9893"]);

    a_wrong_group_and_a_wrong_id(&node, &server);
    an_old_pair(&node, &server);

    server.psql("state", "revoke all on riddhi.snapshot from wso2; alter table riddhi.snapshot owner to postgres");
    node.says(check, 1, &["error[C0203]", "may not read and write snapshot", "grant select, insert, update, delete"]);
    // What is told helps.
    server.psql("state", "grant select, insert, update, delete on all tables in schema riddhi to wso2");
    node.says(check, 0, &["no mistakes"]);
    server.psql("state", "insert into riddhi.migration (number, name) values (50, 'x')");
    node.says(check, 1, &["error[C0204]", "have version 50", "update Riddhi on this node"]);
    server.stop();
    node.says(check, 1, &["error[C0201]", "cluster (127.0.0.1:"]);
}

fn a_wrong_group_and_a_wrong_id(node: &Node, server: &Server) {
    let check = &["config", "check"];
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap().to_string();
    server.psql(
        "cluster",
        &format!(
            "insert into riddhi.node_group (group_id, version, epoch, holder, holder_incarnation, holder_address, changed_at) \
             values ('orders', 9, 3, 'right', repeat('0', 16), '{address}', clock_timestamp() + interval '1 hour')"
        ),
    );
    node.says(
        check,
        0,
        &["group `orders`: node `right` is active, epoch 3", &format!("can be reached at {address}"), "no mistakes"],
    );
    drop(peer);
    node.says(check, 0, &["warning[C0212]", &format!("node `right` cannot be reached at {address}")]);
    node.write("left", "order", "wso2");
    node.says(check, 0, &["warning[C0209]", "group `orders` is alive in the same database, led by node `right`"]);
    server.psql("cluster", "update riddhi.node_group set holder_address = 'right.example:9893'");
    node.write("right", "orders", "wso2");
    node.says(check, 0, &["no mistakes"]);
    server.psql("cluster", "update riddhi.node_group set holder_address = '10.0.0.7:9893'");
    node.says(check, 1, &["error[C0210]", "a node with the id `right` runs at 10.0.0.7:9893 already"]);
    server.psql("cluster", "delete from riddhi.node_group");
    node.write("left", "orders", "wso2");
}

fn an_old_pair(node: &Node, server: &Server) {
    server.psql(
        "cluster",
        "create table leader_status_table (group_id varchar(512), node_id varchar(512), last_heartbeat bigint); \
         grant select on leader_status_table to wso2; \
         insert into leader_status_table values ('sp', 'wso2-sp', (extract(epoch from now()) * 1000)::bigint)",
    );
    node.says(
        &["config", "check"],
        1,
        &["error[C0206]", "node `wso2-sp` of WSO2 SP leads group `sp`", "stop both workers"],
    );
    server.psql("cluster", "update leader_status_table set last_heartbeat = last_heartbeat - 3600000");
    node.says(&["config", "check"], 0, &["no mistakes"]);
}
