//! Writes the seeds of each target to `<directory>/<target>/<number>`: the initial corpus of libFuzzer.

#![expect(clippy::unwrap_used, reason = "a developer's tool, which fails by a panic")]

use std::{env, fs, path::PathBuf};

fn main() {
    let directory = PathBuf::from(env::args().nth(1).unwrap());
    for target in &fuzz::TARGETS {
        let corpus = directory.join(target.name);
        fs::create_dir_all(&corpus).unwrap();
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(corpus.join(number.to_string()), seed).unwrap();
        }
    }
}
