//! Writes every target's seeds, a file each, as `<folder>/<target>/<number>`: a corpus for libFuzzer to begin with.

#![expect(clippy::unwrap_used, reason = "it is started by hand")]

use std::{env, fs, path::PathBuf};

fn main() {
    let folder = PathBuf::from(env::args().nth(1).unwrap());
    for target in &fuzz::TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own).unwrap();
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(number.to_string()), seed).unwrap();
        }
    }
}
