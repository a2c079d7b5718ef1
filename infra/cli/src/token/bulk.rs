//! Revoking many tokens.

use indicatif::{ProgressBar, ProgressStyle};

use super::asker::Asker;
use crate::{
    api::Api,
    error::Error,
    item::{HEADING, Item},
    output::{Output, columns, print, say},
};

/// Revokes `ids` one after the other, shows on the terminal how far it is, goes on after a failure, and prints what was
/// revoked. What ends `asker` is last among them; where its parent was revoked, it ended as well and is not asked for.
///
/// # Errors
///
/// A single failure as it is; of several tokens [`Error::Some`] after the rest was revoked, each failure told by its id.
pub async fn revoke(api: &Api, ids: &[String], asker: Option<&Asker>, output: Output) -> Result<(), Error> {
    let (bar, mut revoked, mut failures) = (progress(ids.len()), Vec::new(), Vec::new());
    let (mut parent, mut ended) = (None, None);
    for id in ids {
        if let Some(parent) = parent
            && asker.is_some_and(|asker| asker.is(id))
        {
            ended = Some(format!("{id} ended with its parent {parent}"));
            continue;
        }
        match api.revoke(id).await {
            Ok(answer) => {
                revoked.push(answer.text);
                parent = parent.or(asker.is_some_and(|asker| asker.is_child_of(id)).then_some(id));
            }
            Err(error) => failures.push((id, error)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    show(&revoked, output)?;
    if let Some(ended) = ended {
        say(&ended);
    }
    verdict(ids.len(), failures)
}

fn show(revoked: &[String], output: Output) -> Result<(), Error> {
    if revoked.is_empty() {
        return Ok(());
    }
    if output == Output::Json {
        return print(&revoked.join("\n"));
    }
    let items = revoked.iter().map(|json| Item::read(json)).collect::<Result<Vec<_>, _>>()?;
    print(&columns(&HEADING, items.iter().map(Item::row)))?;
    say(&format!("{} revoked", items.len()));
    Ok(())
}

fn verdict(all: usize, failures: Vec<(&String, Error)>) -> Result<(), Error> {
    if all > 1 {
        for (id, error) in &failures {
            say(&format!("{id}: {error}"));
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some((_, only)) if all == 1 => Err(only),
        Some((_, first)) => Err(Error::Some { failed, all, first: Box::new(first) }),
    }
}

/// A bar on standard error, where that is a terminal and there is more than one token.
fn progress(number: usize) -> ProgressBar {
    if number < 2 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("revoking {bar:30} {pos}/{len} {eta}");
    ProgressBar::new(number as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
