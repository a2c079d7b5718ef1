//! A small orders API behind Latchkey's authorizer: one function for a REST API and an HTTP API alike. To be copied.

mod caller;
mod gateway;
mod orders;
#[cfg(test)]
mod samples;

use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|request: Request| async move { Ok::<_, Error>(orders::answer(&request)) })).await
}
