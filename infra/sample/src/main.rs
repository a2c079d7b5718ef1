//! A sample orders API behind Latchkey's authorizer: one function that serves a REST API and an HTTP API.

mod caller;
mod gateway;
mod orders;
#[cfg(test)]
mod test_events;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|event: LambdaEvent<Value>| async move { Ok::<_, Error>(orders::handle(&event.payload)) })).await
}
