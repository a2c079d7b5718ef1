//! Revoking several tokens, with progress and a report of each failure.

use indicatif::{ProgressBar, ProgressStyle};

use super::current_token::CurrentToken;
use crate::{
    api_client::ApiClient,
    error::Error,
    output::{OutputFormat, format_table, print_json, print_message, print_result},
    token_metadata::{TABLE_HEADER, TokenMetadata},
};

/// Revokes `ids` in order, continues after a failure, and prints the revoked tokens. If the parent of `current` is revoked,
/// `current` is revoked with it and needs no request.
///
/// # Errors
///
/// Returns the failure of a single id as it is. Of several ids it reports each failure, and returns
/// [`Error::PartialFailure`] at the end.
pub async fn revoke_all(
    client: &ApiClient,
    ids: &[String],
    current: Option<&CurrentToken>,
    output: OutputFormat,
) -> Result<(), Error> {
    let progress = progress_bar(ids.len());
    let mut revoked = Vec::new();
    let mut failures = Vec::new();
    let mut revoked_parent = None;
    let mut ended_with_parent = None;
    for id in ids {
        if let Some(parent) = revoked_parent
            && current.is_some_and(|current| current.has_id(id))
        {
            ended_with_parent = Some(format!("{id} is inactive: its parent {parent} is revoked"));
            continue;
        }
        match client.revoke_token(id).await {
            Ok(response) => {
                revoked.push(response.body);
                let is_parent = current.is_some_and(|current| current.is_child_of(id));
                revoked_parent = revoked_parent.or(is_parent.then_some(id));
            }
            Err(error) => failures.push((id, error)),
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    // The failures are reported even if the result cannot be printed.
    let printed = print_revoked(&revoked, output);
    if let Some(message) = ended_with_parent {
        print_message(&message);
    }
    report_failures(ids.len(), failures).and(printed)
}

fn print_revoked(revoked: &[String], output: OutputFormat) -> Result<(), Error> {
    if revoked.is_empty() {
        return Ok(());
    }
    if output == OutputFormat::Json {
        return print_json(&revoked.join("\n"));
    }
    let tokens = revoked.iter().map(|json| TokenMetadata::parse(json)).collect::<Result<Vec<_>, _>>()?;
    print_result(&format_table(&TABLE_HEADER, tokens.iter().map(TokenMetadata::row)))?;
    print_message(&format!("{} revoked", tokens.len()));
    Ok(())
}

fn report_failures(total: usize, failures: Vec<(&String, Error)>) -> Result<(), Error> {
    if total > 1 {
        for (id, error) in &failures {
            print_message(&format!("{id}: {error}"));
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some((_, error)) if total == 1 => Err(error),
        Some((_, first)) => Err(Error::PartialFailure { failed, total, first: Box::new(first) }),
    }
}

/// A progress bar on standard error, if that is a terminal and there is more than one token.
fn progress_bar(total: usize) -> ProgressBar {
    if total < 2 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("revoking {bar:30} {pos}/{len} {eta}");
    ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
