//! The Lambda authorizer: authenticates the caller of each request and decides whether the route rule allows it.

use std::process::ExitCode;

use shared::{
    authorize::Authorize, aws::Aws, config::AuthorizerConfig, oidc::OidcKeys, system::SystemClock,
    telemetry::Telemetry, web,
};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: AuthorizerConfig) -> Result<(), web::Error> {
    let aws = Aws::connect(config.aws).await?;
    let (ledger, keys) = aws.ledger_and_keys(config.table_name, config.key_arns, config.policy.families()).await;
    let telemetry =
        Telemetry::new(&config.metrics_namespace).with_configuration_errors(config.entry_errors.all().len());
    let authorize = Authorize::new(ledger, keys, OidcKeys::default(), SystemClock, config.policy);
    web::serve_authorizer(authorize, telemetry).await
}
