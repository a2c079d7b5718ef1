//! Those who send as slowly as they can, to hold connections.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::stack::Outcome;

/// How many connections each of them holds.
const CONNECTIONS: usize = 8;

/// By when the gateway has closed a connection: 30 s, and some for a busy machine.
const BOUND: Duration = Duration::from_secs(35);

/// The pause between two bytes.
const PAUSE: Duration = Duration::from_millis(500);

const HEAD: &str = "POST /v1/access-tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/// How a connection is held: what is sent at once, and what is sent byte by byte for as long as it lasts. Who sends nothing at all
/// is idle, which a client may be for longer.
const WAYS: [(&str, &str, &str); 4] = [
    ("never ends the headers", HEAD, ""),
    ("sends a header byte by byte", "POST /v1/access-tokens HTTP/1.1\r\nX-Slow: ", "a"),
    ("never ends the body", "Content-Length: 1000\r\n\r\n{", ""),
    ("sends the body byte by byte", "Content-Length: 1000\r\n\r\n{", " "),
];

/// What became of the connections that were held in one way.
#[derive(Debug)]
pub(super) struct Held {
    /// How they were held.
    pub(super) way: &'static str,
    /// The status of the answers; none where the connection was closed without one.
    pub(super) status: Option<u16>,
    /// How long the longest was open; none if one still was at the bound.
    pub(super) longest: Option<Duration>,
}

/// Holds connections to the gateway at `url` in every way, until they are closed.
pub(super) async fn hold(url: String) -> Outcome<Vec<Held>> {
    let address = url.trim_start_matches("http://").to_owned();
    let mut connections = JoinSet::new();
    for (number, (_, at_once, byte)) in WAYS.into_iter().enumerate() {
        for _ in 0..CONNECTIONS {
            let sent = if at_once.starts_with("Content") { format!("{HEAD}{at_once}") } else { at_once.to_owned() };
            let address = address.clone();
            connections.spawn(async move { (number, one(&address, &sent, byte).await) });
        }
    }
    let mut held: Vec<Held> =
        WAYS.iter().map(|(way, ..)| Held { way, status: None, longest: Some(Duration::ZERO) }).collect();
    while let Some(ended) = connections.join_next().await {
        let (number, ended) = ended?;
        let (open, answer) = ended?;
        held[number].longest = held[number].longest.zip(open).map(|(longest, open)| longest.max(open));
        held[number].status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    }
    Ok(held)
}

/// How long a connection was open, and what was answered.
async fn one(address: &str, at_once: &str, byte: &'static str) -> Outcome<(Option<Duration>, String)> {
    let (mut reader, mut writer) = TcpStream::connect(address).await?.into_split();
    let opened = Instant::now();
    writer.write_all(at_once.as_bytes()).await?;
    let mut answer = Vec::new();
    let sending = async move {
        // A byte that the other side takes no more is no reason to stop: its answer is still to be read.
        loop {
            tokio::time::sleep(PAUSE).await;
            let _ = writer.write_all(byte.as_bytes()).await;
        }
    };
    let closed = tokio::select! {
        closed = timeout(BOUND, reader.read_to_end(&mut answer)) => closed.is_ok(),
        () = sending => false,
    };
    Ok((closed.then(|| opened.elapsed()), String::from_utf8_lossy(&answer).into_owned()))
}

/// Each promise that is broken.
pub(super) fn broken(held: &[Held]) -> Vec<String> {
    let forever = held.iter().filter(|held| held.longest.is_none());
    forever.map(|held| format!("who {} held a connection for more than {BOUND:?}", held.way)).collect()
}
