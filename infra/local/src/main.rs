//! `cargo local`: the whole service on one machine.

use std::process::ExitCode;

use clap::Parser;
use local::command::Command;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> ExitCode {
    let shown = Targets::new().with_target("local", LevelFilter::INFO).with_default(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    tracing_subscriber::registry().with(lines).with(shown).init();
    Command::parse().run()
}
