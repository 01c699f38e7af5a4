//! `riddhi load`: its arguments, and its report. The work is that of the crate `riddhi-load`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use riddhi_load::{Attribute, CONNECTIONS_MAX, Load, LoadError, Login, Pace, Protocol, Report, Speaks, recorded, run};
use serde_json::{Value, json};

use crate::args::ReportFormat;
use crate::exit::{Exit, Failure, plain};
use crate::signals::Stop;
use crate::terminal::{grouped, print};

const EXAMPLES: &str = "Examples:\n  \
    riddhi load tcp://localhost:9892/App/S --types string:100,double,long --rate 200000 --seconds 10\n  \
    riddhi load tcp://localhost:9892/App/S --types string:100,double,long --events 1000000 --ack\n  \
    riddhi load tcp://localhost:9892/App/S --types int --batch 1 --rate 1000 --seconds 60 --ack\n  \
    riddhi load http://localhost:8280/App/S --types k=string:100,v=double --batch 1 \\\n      \
    --connections 64 --seconds 10\n  \
    riddhi load thrift://localhost:7611/S:1.0.0 --types string,int \\\n      \
    --user admin:admin --login localhost:9611 --seconds 10\n  \
    riddhi load tcp://localhost:9892/App/S --types k=string,v=double --events-of trades.csv \\\n      \
    --rate 1000 --ack\n\n\
    The exit code is 0 if all that was sent was taken, 4 if something was refused, not answered or lost.";

/// `riddhi load`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("until").required(true).multiple(true).args(["events", "seconds", "events_of"])))]
pub struct LoadArgs {
    /// Where to: tcp://HOST:PORT/CHANNEL, the channel being what the source's context says, by default App/Stream;
    /// http://HOST:PORT/PATH; or, of the data bridge, binary://HOST:PORT/STREAM and thrift://HOST:PORT/STREAM, the stream
    /// with its version or without (1.0.0)
    #[arg(value_name = "URL", value_parser = target)]
    pub to: Target,
    /// The stream's types, each perhaps with how many different values: string:100 (string:100:12 with 12
    /// characters), int:50, long, float, double, bool; with a name where JSON or a file needs it: price=double
    #[arg(long, value_name = "TYPE,...", required = true, value_delimiter = ',')]
    pub types: Vec<Attribute>,
    /// Send the events of this file instead of drawn ones: CSV with a header, or JSON lines (.jsonl); once, unless --events
    /// or --seconds says otherwise
    #[arg(long, value_name = "FILE")]
    pub events_of: Option<PathBuf>,
    /// Name and password, NAME:PASSWORD, for the data bridge, or of basic authentication for HTTP; the environment's
    /// RIDDHI_LOAD_USER is another place for it
    #[arg(long, value_name = "NAME:PASSWORD")]
    pub user: Option<String>,
    /// Where to log in to the data bridge: a plain port of Binary; by default that of a binary:// URL itself
    #[arg(long, value_name = "HOST:PORT")]
    pub login: Option<String>,
    /// Events of a frame, which is what the app gets as one chunk; of a request over HTTP, of a bundle of the data bridge
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// Events a second over all connections, or max
    #[arg(long, value_name = "N|max", default_value = "max", value_parser = rate)]
    pub rate: Rate,
    /// Stop after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub events: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub seconds: Option<u64>,
    /// Ask for acknowledgements over Siddhi TCP, which only Riddhi gives, and count latency until them; HTTP and the data
    /// bridge always answer
    #[arg(long)]
    pub ack: bool,
    /// How many connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub connections: u32,
    /// The same number gives the same values
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Seconds to wait for a server that takes or answers nothing
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub patience: u64,
    /// Text for people or JSON for tools
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
}

/// Where to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    address: String,
    /// Channel, path or stream.
    what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Tcp,
    Http,
    Binary,
    Thrift,
}

/// How fast; none is as fast as it goes.
#[derive(Clone, Copy, Debug)]
pub struct Rate(Option<NonZeroU64>);

fn target(text: &str) -> Result<Target, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("write tcp://HOST:PORT/CHANNEL".to_owned());
    };
    let (address, what) = rest.split_once('/').unwrap_or((rest, ""));
    let (scheme, what, missing) = match scheme {
        "tcp" => (
            Scheme::Tcp,
            what.to_owned(),
            "the channel is missing: tcp://HOST:PORT/App/Stream, unless the source has a context",
        ),
        "http" => (Scheme::Http, format!("/{what}"), ""),
        "binary" => (Scheme::Binary, what.to_owned(), "the stream is missing: binary://HOST:PORT/STREAM"),
        "thrift" => (Scheme::Thrift, what.to_owned(), "the stream is missing: thrift://HOST:PORT/STREAM"),
        "https" => return Err("https is not there yet".to_owned()),
        _ => return Err(format!("tcp, http, binary and thrift are there, not '{scheme}'")),
    };
    let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(1..)) if what.is_empty() => Err(missing.to_owned()),
        Some(Ok(1..)) => Ok(Target { scheme, address: address.to_owned(), what }),
        _ => Err("the port is missing: tcp://HOST:PORT/CHANNEL, 9892 by default".to_owned()),
    }
}

/// What is spoken, with a log-in where it needs one.
fn protocol(args: &LoadArgs) -> Result<Protocol, Failure> {
    let Target { scheme, address, what } = args.to.clone();
    let usage = |text: &str, help: &str| Failure::new(Exit::Usage, text).help(help);
    // On the command line everybody on the machine sees it.
    let user = args.user.clone().or_else(|| std::env::var("RIDDHI_LOAD_USER").ok());
    let user = match user.as_ref().map(|user| user.split_once(':')) {
        None => None,
        Some(Some(user)) => Some(user),
        Some(None) => return Err(usage("--user has no password", "write it like --user admin:secret")),
    };
    let speaks = match scheme {
        Scheme::Tcp => return Ok(Protocol::Tcp { channel: what }),
        Scheme::Http => {
            let authorization = user.map(|(name, password)| riddhi_http::basic(name, password));
            return Ok(Protocol::Http { path: what, authorization });
        }
        Scheme::Binary => Speaks::Binary,
        Scheme::Thrift => Speaks::Thrift,
    };
    let Some((name, password)) = user else {
        return Err(usage("the data bridge asks for name and password", "give --user NAME:PASSWORD"));
    };
    let login = match (&args.login, speaks) {
        (Some(login), _) => login.clone(),
        (None, Speaks::Binary) => address,
        (None, Speaks::Thrift) => {
            let help = "give --login HOST:PORT, a plain port of Binary (9611): a session serves both protocols";
            return Err(usage("the plain port of Thrift has no log-in", help));
        }
    };
    let stream = if what.contains(':') { what } else { format!("{what}:1.0.0") };
    let login = Login { address: login, user: name.to_owned(), password: password.to_owned() };
    Ok(Protocol::DataBridge { speaks, stream, login })
}

fn rate(text: &str) -> Result<Rate, String> {
    match text.parse() {
        Ok(rate) => Ok(Rate(Some(rate))),
        Err(_) if text == "max" => Ok(Rate(None)),
        Err(_) => Err("give a number of events a second, 1 or more, or max".to_owned()),
    }
}

/// Does what `riddhi load` is asked for.
pub fn load(args: &LoadArgs) -> Result<Exit, Failure> {
    let stop = Stop::on_signals()
        .map_err(|e| Failure::new(Exit::Failed, format!("cannot wait for signals: {}", plain(&e))))?;
    let to = protocol(args)?;
    let recorded =
        args.events_of.as_ref().map(|path| recorded(path, &args.types)).transpose().map_err(|e| failure(&e))?;
    // A file is sent once, unless something else ends the run.
    let once = recorded.as_ref().filter(|_| args.seconds.is_none()).map(|rows| rows.len() as u64);
    let load = Load {
        address: args.to.address.clone(),
        acknowledge: args.ack || !matches!(to, Protocol::Tcp { .. }),
        to,
        columns: args.types.clone(),
        recorded,
        pace: Pace {
            batch: args.batch,
            rate: args.rate.0,
            events_max: args.events.or(once).unwrap_or(u64::MAX),
            connections: args.connections,
        },
        time_max: args.seconds.map(Duration::from_secs),
        seed: args.seed,
        patience: Duration::from_secs(args.patience),
    };
    let report = run(&load, || stop.asked()).map_err(|e| failure(&e))?;
    match args.format {
        ReportFormat::Text => print(&as_text(&report))?,
        ReportFormat::Json => print(&format!("{:#}\n", as_json(&report)))?,
    }
    Ok(if report.is_clean() { Exit::Done } else { Exit::Failed })
}

fn failure(error: &LoadError) -> Failure {
    let failed = |exit| match error {
        LoadError::Connect { source, .. } => Failure::new(exit, format!("{error}: {}", plain(source))),
        _ => Failure::new(exit, error),
    };
    match error {
        LoadError::Connect { .. } => failed(Exit::Usage).help("is it running, with this port?"),
        LoadError::Login { .. } => failed(Exit::Usage).help("give --user NAME:PASSWORD as the server knows it"),
        LoadError::NoNames => failed(Exit::Usage).help("write --types name=string,price=double"),
        LoadError::File { .. } => failed(Exit::Usage),
        LoadError::NoWelcome { .. } | LoadError::NotWelcome { .. } => {
            failed(Exit::Usage).help("only Riddhi gives acknowledgements; leave out --ack for other servers")
        }
        LoadError::FrameTooLong { .. } => failed(Exit::Usage).help("make --batch smaller"),
        LoadError::NoColumns => failed(Exit::Usage),
    }
}

/// What is counted from, and to.
fn measured(report: &Report) -> &'static str {
    if report.acknowledge { "acknowledged" } else { "handed to the system" }
}

fn as_text(report: &Report) -> String {
    let mut text = format!(
        "{} events sent in {} frames, {} bytes\n",
        grouped(report.events),
        grouped(report.frames),
        grouped(report.bytes)
    );
    let mut line = |name: &str, value: String| text.push_str(&format!("{name:<14}{value}\n"));
    if report.acknowledge {
        line("acknowledged", grouped(report.acknowledged));
        line(
            "refused",
            grouped(report.refused) + &report.refusal.as_ref().map_or(String::new(), |r| format!(" ({r})")),
        );
        line("unanswered", grouped(report.unanswered));
    }
    if report.unsent > 0 {
        line("due, not sent", grouped(report.unsent));
    }
    let seconds = report.time.as_secs_f64();
    line("rate", format!("{} events/s {} over {seconds:.3} s", grouped(report.rate as u64), measured(report)));
    if let Some(l) = report.latency {
        let all =
            [("p50", l.p50), ("p90", l.p90), ("p99", l.p99), ("p99.9", l.p99_9), ("p99.99", l.p99_99), ("max", l.max)];
        let each = all.map(|(name, time)| format!("{name} {:.3}", time.as_secs_f64() * 1e3));
        line("latency", format!("{} ms until {}", each.join("  "), measured(report)));
    }
    line("errors", grouped(report.errors));
    report.first_errors.iter().for_each(|error| text.push_str(&format!("  {error}\n")));
    text
}

fn as_json(report: &Report) -> Value {
    let latency = report.latency.map(|l| {
        let us = |time: Duration| time.as_nanos() as f64 / 1e3;
        json!({
            "p50": us(l.p50), "p90": us(l.p90), "p99": us(l.p99), "p99.9": us(l.p99_9), "p99.99": us(l.p99_99),
            "max": us(l.max),
        })
    });
    let answers = report.acknowledge.then(|| {
        json!({
            "acknowledged": report.acknowledged, "refused": report.refused, "refusal": report.refusal,
            "unanswered": report.unanswered,
        })
    });
    json!({
        "events": report.events, "frames": report.frames, "bytes": report.bytes, "answers": answers,
        "unsent": report.unsent, "seconds": report.time.as_secs_f64(), "events_per_second": report.rate,
        "latency_us": latency, "errors": report.errors, "first_errors": report.first_errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_or_refused_with_what_is_missing() {
        let ok = |scheme, what: &str| Ok(Target { scheme, address: "[::1]:9892".into(), what: what.into() });
        assert_eq!(target("tcp://[::1]:9892/App/S"), ok(Scheme::Tcp, "App/S"));
        assert_eq!(target("http://[::1]:9892/App/S?a=b"), ok(Scheme::Http, "/App/S?a=b"));
        assert_eq!(target("thrift://[::1]:9892/S:1.0.0"), ok(Scheme::Thrift, "S:1.0.0"));
        for (text, said) in [
            ("localhost:9892/S", "write tcp://HOST:PORT/CHANNEL"),
            ("mqtt://h:1/S", "tcp, http, binary and thrift are there, not 'mqtt'"),
            ("https://h:1/S", "https is not there yet"),
            ("binary://h:1/", "the stream is missing"),
            ("tcp://h/S", "the port is missing"),
            ("tcp://:1/S", "the port is missing"),
            ("tcp://h:1/", "the channel is missing"),
        ] {
            let refused = target(text).expect_err(text);
            assert!(refused.starts_with(said), "{text}: {refused}");
        }
    }
}
