//! `wso2.datasources`, and one database by its URL.

use riddhi_ql::{Diagnostic, Span};

use crate::code;
use crate::jdbc::{self, PostgresUrl, Remarks};
use crate::model::{DataSource, Secret, Target, Unused, Why};
use crate::section::{Cx, Found, Section};

/// Settings of the product's connection pool. Riddhi keeps a connection or two and no pool.
const POOL: &[&str] = &[
    "driverClassName",
    "maxPoolSize",
    "minIdle",
    "idleTimeout",
    "maxLifetime",
    "validationTimeout",
    "connectionTestQuery",
    "isAutoCommit",
    "connectionProperties",
    "poolName",
    "leakDetectionThreshold",
];

/// All datasources of the file.
pub(crate) fn datasources(root: &mut Section, cx: &mut Cx) -> Vec<DataSource> {
    let mut all = Vec::<DataSource>::new();
    let mut section = root.section("wso2.datasources", cx);
    for mut entry in section.list("dataSources", cx) {
        let span = entry.span;
        let name = entry.required("name", "give it the name that the rest of the file uses", cx);
        entry.unused(&["description"], Why::Gone, cx);
        // A description is for people: nothing to report.
        cx.unused.retain(|u| !u.path.ends_with("].description"));
        let mut jndi = entry.section("jndiConfig", cx);
        let jndi_name = jndi.text("name", cx).map(|f| f.text);
        let _ = jndi.flag("useJndiReference", cx);
        jndi.end(cx);
        let mut definition = entry.section("definition", cx);
        let kind = definition.text("type", cx);
        let mut settings = definition.section("configuration", cx);
        // Read also where the name is missing, so that everything that is wrong is told at once.
        let read = datasource(name.map(|n| n.text), jndi_name, &mut settings, span, cx);
        settings.end(cx);
        definition.end(cx);
        entry.end(cx);
        if let Some(kind) = kind.filter(|k| !k.text.eq_ignore_ascii_case("RDBMS")) {
            cx.error(
                code::CHOICE,
                format!("there are no datasources of type `{}`", kind.text),
                kind.span,
                "write RDBMS",
            );
        }
        let Some(read) = read else { continue };
        match all.iter().find(|d| d.name == read.name) {
            Some(first) => cx.diagnostics.push(
                Diagnostic::error(code::TWICE, format!("there are two datasources `{}`", read.name), span)
                    .also(first.span, "the first one")
                    .help("give one of them another name"),
            ),
            None => all.push(read),
        }
    }
    section.end(cx);
    all
}

fn datasource(
    name: Option<String>,
    jndi: Option<String>,
    settings: &mut Section,
    span: Span,
    cx: &mut Cx,
) -> Option<DataSource> {
    let url = settings.required("jdbcUrl", "for example jdbc:postgresql://host:5432/database", cx);
    let user = settings.text("username", cx).map(|f| f.text);
    let password = settings.text("password", cx).map(|f| Secret(f.text));
    let connect = settings.number("connectionTimeout", 1..=3_600_000, cx);
    settings.unused(POOL, Why::Gone, cx);
    // One line is enough for the pools of all datasources.
    let pools = cx.unused.iter().filter(|u| u.path.contains("definition.configuration.")).count();
    if pools > 0 {
        cx.unused.retain(|u| !u.path.contains("definition.configuration."));
        let path = "wso2.datasources: settings of drivers and pools".to_owned();
        if !cx.unused.iter().any(|u| u.path == path) {
            cx.unused.push(Unused { path, span, why: Why::Gone });
        }
    }
    source(name?, jndi, &url?, [user.as_deref(), password.as_ref().map(|p| p.0.as_str())], connect, cx)
}

/// A datasource of a URL and what stands beside it.
pub(crate) fn source(
    name: String,
    jndi: Option<String>,
    url: &Found,
    [user, password]: [Option<&str>; 2],
    connect_timeout_ms: Option<u64>,
    cx: &mut Cx,
) -> Option<DataSource> {
    let (mut own_user, mut own_password, mut own_timeout) = (None, None, None);
    let target = match jdbc::kind_of(&url.text) {
        "postgresql" => {
            let read = postgres(url, cx)?;
            (own_user, own_password, own_timeout) = (read.user.clone(), read.password.clone(), read.connect_timeout_ms);
            Target::Postgres(read)
        }
        kind => Target::Other(kind.to_owned()),
    };
    Some(DataSource {
        name,
        jndi,
        target,
        user: user.map(str::to_owned).or(own_user).unwrap_or_default(),
        password: password.map(|p| Secret(p.to_owned())).or(own_password).unwrap_or_default(),
        connect_timeout_ms: own_timeout.or(connect_timeout_ms).unwrap_or(CONNECT_TIMEOUT_MS),
        span: url.span,
    })
}

/// The pool's 30 seconds are longer than any node may be silent.
const CONNECT_TIMEOUT_MS: u64 = 5_000;

fn postgres(url: &Found, cx: &mut Cx) -> Option<PostgresUrl> {
    let mut remarks = Remarks::default();
    let read = match jdbc::parse(&url.text, &mut remarks) {
        Ok(read) => Some(read),
        Err(wrong) => {
            let told = Diagnostic::error(code::URL, wrong.message, url.span).help(wrong.help);
            cx.diagnostics.push(url.told(told));
            None
        }
    };
    for name in remarks.unused {
        let path = format!("parameter {name} of a database URL");
        if !cx.unused.iter().any(|u| u.path == path) {
            cx.unused.push(Unused { path, span: url.span, why: Why::Gone });
        }
    }
    for (name, near) in remarks.unknown {
        let message = format!("the parameter `{name}` of the URL is not known and has no effect");
        let help = near.map_or_else(|| "take it out".to_owned(), |near| format!("did you mean `{near}`?"));
        let told = Diagnostic::warning(code::UNKNOWN_PARAMETER, message, url.span).help(help);
        cx.diagnostics.push(url.told(told));
    }
    read
}

/// That a name is one of the file's datasources, and PostgreSQL.
pub(crate) fn must_be_postgres(name: &Found, all: &[DataSource], cx: &mut Cx) {
    let told = match all.iter().find(|d| d.name == name.text) {
        Some(DataSource { target: Target::Postgres(_), .. }) => return,
        Some(DataSource { target: Target::Other(kind), span, .. }) => {
            Diagnostic::error(code::UNSUPPORTED, format!("`{}` is a database of kind `{kind}`", name.text), name.span)
                .also(*span, "as its URL says")
                .help("Riddhi keeps its own things in PostgreSQL only; give the datasource a URL jdbc:postgresql://...")
        }
        None => {
            let near = riddhi_ql::suggest(&name.text, all.iter().map(|d| d.name.as_str()));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add it to `wso2.datasources: dataSources`".to_owned(),
            };
            Diagnostic::error(code::DATASOURCE, format!("there is no datasource `{}`", name.text), name.span).help(help)
        }
    };
    cx.diagnostics.push(name.told(told));
}
