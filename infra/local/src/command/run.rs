//! `cargo local` itself.

use std::{error::Error, fs, io::Write, path::Path, time::Duration};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::Run;
use crate::{
    aws::upstream::Upstreams,
    build,
    idp::issuer::UserClaims,
    lambda::Output,
    seed::Seed,
    stack::{Sample, Stack, StackOptions},
};

/// For how long the person's token in the greeting is valid.
const GREETING_TTL: Duration = Duration::from_hours(12);

/// Builds, starts, greets, and waits for the signal to stop.
pub(super) fn run(run: Run) -> Result<(), Box<dyn Error>> {
    let workspace = build::workspace();
    let ephemeral = if run.ephemeral { Some(tempfile::tempdir()?) } else { None };
    let data = ephemeral.as_ref().map_or(run.data.as_path(), |folder| folder.path()).to_owned();
    let seed = Seed::read(&run.seed.clone().unwrap_or_else(|| workspace.join("infra/local/seed.json")))?;
    let options = StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml"))?,
        binaries: build::binaries(&workspace, run.release)?,
        port: run.port,
        data: data.clone(),
        seed,
        seed_always: run.seed.is_some(),
        stage_in_path: run.stage,
        parameters: run.set.into_iter().collect(),
        upstreams: Upstreams { dynamodb: run.dynamodb_url, kms: run.kms_url },
        sample: Some(Sample::read(&workspace)?),
        output: Output::Inherit,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(until_stopped(options, &data))
}

async fn until_stopped(options: StackOptions, data: &Path) -> Result<(), Box<dyn Error>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stack = tokio::select! {
        started = Stack::start(options) => started?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    write!(std::io::stdout(), "{}", greeting(&stack, data)?)?;
    std::io::stdout().flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stack.shutdown().await;
    Ok(())
}

/// What a new user is shown: two commands to paste, and last the line by which a program knows that all is ready.
fn greeting(stack: &Stack, data: &Path) -> Result<String, Box<dyn Error>> {
    let (url, idp, data) = (&stack.local.url, &stack.local.idp_url, data.display());
    let owner = UserClaims { org: "123".to_owned(), user: "1001".to_owned(), roles: None, ttl: GREETING_TTL };
    let sample = stack.local.sample.as_ref();
    let (rest, http) = sample.map_or(("none", "none"), |sample| (sample.rest.as_str(), sample.http.as_str()));
    let person = stack.idp.issuer().token(&owner, Timestamp::now())?;
    Ok(format!(
        r#"
Latchkey runs on this machine.

  token page         {url}/tokens
  API                {url}
  identity provider  {idp}
  sample, REST API   {rest}
  sample, HTTP API   {http}
  data               {data}

Create a token, as the owner of the organization 123:

  TOKEN=$(curl -sS {url}/v1/access-tokens -H 'Authorization: Bearer {person}' -H 'Content-Type: application/json' -d '{{"name":"My first token"}}' | tee /dev/stderr | sed -E 's/.*"token":"([^"]+)".*/\1/')

Use it, to list the tokens there are:

  curl -sS {url}/v1/access-tokens -H "Authorization: Bearer $TOKEN"

Use it on an API of your own, of which infra/sample is the sample:

  curl -sS {rest}/orders/7 -H "Authorization: Bearer $TOKEN"

Be somebody else:  cargo local token --org 123 --user 1003 --data {data}

ready {url}
"#
    ))
}
