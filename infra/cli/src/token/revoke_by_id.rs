//! Revoking tokens by their ids, with progress and a report of each failure.

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    api_client::{ApiClient, ApiResponse},
    error::Error,
    output::{OutputFormat, format_table, print_json, print_message, print_result},
    token_metadata::{TABLE_HEADER, TokenMetadata},
};

/// Revokes `ids` in order, with `family` also the tokens of their chains of rotations, continues after a failure, and prints the
/// revoked tokens.
///
/// # Errors
///
/// Returns the failure of a single id as it is. Of several ids it reports each failure, and returns
/// [`Error::PartialFailure`] at the end.
pub async fn revoke_by_id(client: &ApiClient, ids: &[String], family: bool, output: OutputFormat) -> Result<(), Error> {
    let progress = progress_bar(ids.len());
    let mut revoked = Vec::new();
    let mut failures = Vec::new();
    for id in ids {
        match client.revoke_token(id, family).await {
            Ok(response) => revoked.push(response),
            Err(error) => failures.push((id, error)),
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    // The failures are reported even if the result cannot be printed.
    let printed = print_revoked(&revoked, output);
    report_failures(ids.len(), failures).and(printed)
}

fn print_revoked(revoked: &[ApiResponse], output: OutputFormat) -> Result<(), Error> {
    if revoked.is_empty() {
        return Ok(());
    }
    if output == OutputFormat::Json {
        let lines: Vec<&str> = revoked.iter().map(|response| response.body.as_str()).collect();
        return print_json(&lines.join("\n"));
    }
    let tokens: Vec<TokenMetadata> =
        revoked.iter().map(|response| response.parse("a token")).collect::<Result<_, _>>()?;
    print_result(&format_table(&TABLE_HEADER, tokens.iter().map(TokenMetadata::row)))?;
    for message in tokens.iter().flat_map(TokenMetadata::chain_messages) {
        print_message(&message);
    }
    let with_chains = tokens.iter().map(|token| 1 + token.also_revoked.len());
    print_message(&format!("{} revoked", with_chains.sum::<usize>()));
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
