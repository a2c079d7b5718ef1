//! Verifies one signature and reads one item in a loop: the minimum work of a decision, without events, roles or responses.
//!
//! Reads the variables `TOKEN`, `JWK`, `TABLE_NAME` and `KEYS`, of which it reads the first item. The argument is the number of
//! iterations after which it prints an empty line, until its output is closed.

use std::{
    env,
    io::{self, Write},
};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use baseline::{Result, SignedToken, item_keys};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let iterations: usize = env::args().nth(1).ok_or("usage: verify_and_read_loop ITERATIONS_PER_LINE")?.parse()?;
    let token = SignedToken::from_env()?;
    let table = env::var("TABLE_NAME")?;
    let key = item_keys()?.into_iter().next().ok_or("`KEYS` is empty")?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    loop {
        for _ in 0..iterations {
            token.verify()?;
            let read = client.get_item().table_name(&table).set_key(Some(key.clone())).consistent_read(true);
            read.send().await?.item.ok_or("the item does not exist")?;
        }
        let mut stdout = io::stdout();
        stdout.write_all(b"\n")?;
        stdout.flush()?;
    }
}
