//! A sample orders API behind Latchkey's authorizer: one function that serves a REST API and an HTTP API.

mod caller;
mod gateway;
mod orders;
#[cfg(test)]
mod test_events;

use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|request: Request| async move { Ok::<_, Error>(orders::handle(&request)) })).await
}
