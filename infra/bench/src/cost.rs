//! What a million requests cost, from measured times and from prices that are parameters.

mod bill;
mod choice;
mod measured;
mod prices;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
};

use local::build;
use serde::de::DeserializeOwned;

use self::{measured::Speed, prices::Prices};
use crate::{figures, speed::SIZES, stack::Outcome};

/// Computes, prints and keeps the costs, with the prices in the file `prices` in place of those in `infra/bench/prices.json`.
///
/// # Errors
///
/// When one of the files is not there or not understood.
pub fn measure(prices: Option<PathBuf>) -> Outcome<()> {
    let workspace = build::workspace();
    let bench = workspace.join("infra/bench");
    let speed: Speed = read(&bench.join("speed.json"))?;
    let prices: Prices = read(&prices.unwrap_or_else(|| bench.join("prices.json")))?;
    let body = table::table(&speed, &prices);
    figures::tell(&body);
    figures::keep(&workspace, "Cost", &body)?;
    Ok(())
}

fn read<T: DeserializeOwned>(file: &Path) -> Outcome<T> {
    let unusable = |why: String| format!("{}: {why}", file.display());
    let text = fs::read(file).map_err(|error| unusable(error.to_string()))?;
    Ok(serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?)
}
