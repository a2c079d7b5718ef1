//! The bare work of a decision in a loop: one signature is verified, and one row read. No events, no rights, no answers.
//!
//! Reads the variables `TOKEN`, `JWK` (the key that verifies it), `TABLE_NAME` and `KEYS`, of which the first is asked for. Its
//! argument is after how many turns it prints an empty line, for as long as somebody reads them.

use std::{
    env,
    io::{self, Write},
};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use baseline::{Outcome, Signed, keys};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let turns: usize = env::args().nth(1).ok_or("how many turns a line?")?.parse()?;
    let (signed, table) = (Signed::from_env()?, env::var("TABLE_NAME")?);
    let key = keys()?.into_iter().next().ok_or("no key")?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    loop {
        for _ in 0..turns {
            signed.verify()?;
            let asked = client.get_item().table_name(&table).set_key(Some(key.clone())).consistent_read(true);
            asked.send().await?.item.ok_or("there is no such row")?;
        }
        let mut out = io::stdout();
        out.write_all(b"\n")?;
        out.flush()?;
    }
}
