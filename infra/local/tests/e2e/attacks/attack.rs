//! An attack, and what comes of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::Request;
use crate::harness::{Reply, World};

/// Answers whoever is known, a person or a token, and nobody else.
const WHO_AM_I: &str = "/v1/permissions/me";

/// A part of a token that is shorter may be in a line by chance: ids have 36 letters.
const TELLING: usize = 40;

/// An attack: what is sent, and the status that each answer must have.
pub struct Row {
    name: String,
    requests: Vec<Request>,
    status: u16,
}

/// Attacks of one kind.
pub struct Group {
    name: &'static str,
    /// A good credential, which must be granted after each attack.
    control: String,
    /// Further credentials that are unusual and good.
    legal: Vec<Row>,
    rows: Vec<Row>,
}

/// How the attacks of a group went.
#[derive(Clone)]
pub struct Tally {
    pub group: &'static str,
    pub rows: usize,
    pub granted: usize,
    pub broken: usize,
    pub complaints: Vec<String>,
}

impl Row {
    /// An attack of these requests, which are answered with `status`.
    pub fn of(name: impl Into<String>, status: u16, requests: Vec<Request>) -> Self {
        Self { name: name.into(), requests, status }
    }

    /// A credential that must be nobody's: when it asks who it is, and when it makes a token.
    pub fn new(name: impl Into<String>, credential: &str) -> Self {
        let create = Request::new("POST", "/v1/access-tokens", credential).with_json(r#"{"name":"Loot"}"#);
        Self::of(name, 401, vec![Request::new("GET", WHO_AM_I, credential), create])
    }

    /// A credential that is unusual and good.
    pub fn legal(name: impl Into<String>, credential: &str) -> Self {
        Self::of(name, 200, vec![Request::new("GET", WHO_AM_I, credential)])
    }

    /// What was sent that nobody may print.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        self.requests.iter().flat_map(|request| {
            let headers = request.headers.iter().map(|(_, value)| value);
            headers.chain([&request.path, &request.body]).flat_map(|text| runs(text))
        })
    }
}

/// The runs of letters of base64url in `text` that tell something.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'));
    parts.filter(|part| part.len() >= TELLING)
}

impl Group {
    pub fn new(name: &'static str, control: &str, rows: Vec<Row>) -> Self {
        let mut names = BTreeSet::new();
        let twice: Vec<_> = rows.iter().map(|row| &row.name).filter(|name| !names.insert(*name)).collect();
        assert!(twice.is_empty(), "{name}: one name for two rows: {twice:?}");
        Self { name, control: control.to_owned(), legal: Vec::new(), rows }
    }

    /// The same group with these good credentials beside.
    pub fn beside(self, legal: Vec<Row>) -> Self {
        Self { legal, ..self }
    }

    /// Sends every attack, and after each the control.
    pub fn send(&self, world: &World) -> Tally {
        let rows = self.rows.len();
        let mut tally = Tally { group: self.name, rows, granted: 0, broken: 0, complaints: Vec::new() };
        let nobody = body_of(&Request::new("GET", WHO_AM_I, "x").send(world));
        for row in &self.legal {
            tally.send(world, row, &nobody);
        }
        (tally.granted, tally.broken) = (0, 0);
        for row in &self.rows {
            tally.send(world, row, &nobody);
            tally.send_control(world, &self.control, &row.name);
        }
        tally.look_for_secrets(world, &self.rows);
        tally
    }
}

impl Tally {
    fn send(&mut self, world: &World, row: &Row, nobody: &Value) {
        for request in &row.requests {
            let reply = request.send(world);
            let status = reply.status;
            self.granted += usize::from(status < 300);
            self.broken += usize::from(status >= 500);
            let one_body = status != 401 || body_of(&reply) == *nobody;
            let objection = request.objection(&reply).or_else(|| (!one_body).then(|| "another body".to_owned()));
            let wrong = (status != row.status).then(|| format!("{status} in place of {}", row.status)).or(objection);
            if let Some(wrong) = wrong {
                self.complain(&format!("{}: {} {}: {wrong}", row.name, request.method, request.path));
            }
        }
    }

    fn send_control(&mut self, world: &World, control: &str, after: &str) {
        let status = Request::new("GET", WHO_AM_I, control).send(world).status;
        if status != 200 {
            self.complain(&format!("the control after {after}: {status}"));
        }
    }

    /// *(one exit for secrets)* No part of what was sent is in anything printed.
    fn look_for_secrets(&mut self, world: &World, rows: &[Row]) {
        let output = world.output();
        let printed = runs(&output).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n");
        for row in rows {
            if let Some(secret) = row.secrets().find(|secret| printed.contains(secret)) {
                self.complain(&format!("{}: the token was printed: {secret}", row.name));
            }
        }
    }

    fn complain(&mut self, what: &str) {
        self.complaints.push(format!("{}: {what}", self.group));
    }
}

/// The body without the request's id, which is another each time.
fn body_of(reply: &Reply) -> Value {
    let mut body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    if let Some(instance) = body.get_mut("instance") {
        instance.take();
    }
    body
}

/// The table of all groups.
pub fn table(tallies: &[Tally]) -> String {
    let line =
        |group: &str, [rows, granted, broken]: [usize; 3]| format!("| {group} | {rows} | {granted} | {broken} |\n");
    let counts = |tally: &Tally| [tally.rows, tally.granted, tally.broken];
    let mut table = "| attack | rows | granted | 5xx |\n|---|---|---|---|\n".to_owned();
    table.extend(tallies.iter().map(|tally| line(tally.group, counts(tally))));
    let sum = tallies.iter().map(counts).fold([0; 3], |sum, one| [0, 1, 2].map(|n| sum[n] + one[n]));
    table + &line("**all**", sum)
}
