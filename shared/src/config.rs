//! Configuration of the functions: one struct per function, read from environment variables at start.
//!
//! All errors of a function's configuration are reported together.

mod environment;
mod error;

pub use self::{
    environment::Environment,
    error::{ConfigError, ConfigErrors},
};
use crate::{
    authorize::Policy,
    aws::AwsConnection,
    portal::PortalConfig,
    token::{Families, Issuer, MaxLifetime},
};

/// The configuration of a function.
pub trait FunctionConfig: Sized {
    /// Reads the configuration from `environment`.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigErrors`] with every variable that is missing or invalid.
    fn read(environment: &Environment) -> Result<Self, ConfigErrors>;

    /// The errors with which the function starts nevertheless. Each of them is logged at the start.
    fn entry_errors(&self) -> &[ConfigError] {
        &[]
    }
}

/// Configuration of every function that handles HTTP requests.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// `METRICS_NAMESPACE`: CloudWatch namespace of the metrics; empty means the default.
    pub metrics_namespace: String,
    /// `ALLOWED_ORIGINS`: origin whose pages may read responses in a browser (CORS); `*` means all, empty means none.
    pub allowed_origin: String,
}

/// Configuration of `authorizer`.
#[derive(Debug)]
pub struct AuthorizerConfig {
    /// Region, credentials and endpoints of AWS.
    pub aws: AwsConnection,
    /// Name of the DynamoDB table.
    pub table_name: String,
    /// ARNs of the KMS keys of each token family.
    pub key_arns: Families<Vec<String>>,
    /// Accepted issuers, identity providers and route rules.
    pub policy: Policy,
    /// The errors in identity providers and route rules: the policy denies what they concern.
    pub entry_errors: ConfigErrors,
    /// CloudWatch namespace of the metrics; empty means the default.
    pub metrics_namespace: String,
}

/// Configuration of `create-token`.
#[derive(Debug)]
pub struct CreateTokenConfig {
    /// Region, credentials and endpoints of AWS.
    pub aws: AwsConnection,
    /// Name of the DynamoDB table.
    pub table_name: String,
    /// ARNs of the KMS keys of each token family; the first key signs.
    pub key_arns: Families<Vec<String>>,
    /// Issuer and audience of each token family.
    pub issuers: Families<Issuer>,
    /// Longest token lifetime that the operator allows; `None` means unlimited.
    pub max_lifetime: Option<MaxLifetime>,
    /// CORS and metrics.
    pub http: HttpConfig,
}

/// Configuration of `list-tokens`, `get-token`, `revoke-token`, `update-token`, `my-roles` and `manage-roles`.
#[derive(Debug)]
pub struct TableConfig {
    /// Region, credentials and endpoints of AWS.
    pub aws: AwsConnection,
    /// Name of the DynamoDB table.
    pub table_name: String,
    /// CORS and metrics.
    pub http: HttpConfig,
}

/// Configuration of `well-known`.
#[derive(Debug)]
pub struct WellKnownConfig {
    /// Region, credentials and endpoints of AWS.
    pub aws: AwsConnection,
    /// ARNs of the KMS keys of each token family.
    pub key_arns: Families<Vec<String>>,
    /// Issuer of each token family.
    pub issuers: Families<String>,
    /// CORS and metrics.
    pub http: HttpConfig,
}

/// Configuration of `portal`.
#[derive(Debug)]
pub struct PortalFunctionConfig {
    /// Configuration of the token page.
    pub portal: PortalConfig,
    /// The errors in identity providers: the page omits these providers.
    pub entry_errors: ConfigErrors,
    /// CORS and metrics.
    pub http: HttpConfig,
}

impl FunctionConfig for AuthorizerConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let aws = errors.collect(environment.aws());
        let table_name = errors.collect(environment.table_name());
        let key_arns = errors.collect(environment.key_arns());
        let policy = errors.collect(environment.policy());
        let (policy, entry_errors) = policy.map_or((None, None), |(policy, errors)| (Some(policy), Some(errors)));
        let entry_errors = entry_errors.unwrap_or_default();
        let (Some(aws), Some(table_name), Some(key_arns), Some(policy)) = (aws, table_name, key_arns, policy) else {
            errors.append(entry_errors);
            return Err(errors);
        };
        let metrics_namespace = environment.metrics_namespace();
        Ok(Self { aws, table_name, key_arns, policy, entry_errors, metrics_namespace })
    }

    fn entry_errors(&self) -> &[ConfigError] {
        self.entry_errors.all()
    }
}

impl FunctionConfig for CreateTokenConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let aws = errors.collect(environment.aws());
        let table_name = errors.collect(environment.table_name());
        let key_arns = errors.collect(environment.key_arns());
        let issuers = errors.collect(environment.issuers());
        let max_lifetime = errors.collect(environment.max_lifetime());
        let (Some(aws), Some(table_name), Some(key_arns), Some(issuers), Some(max_lifetime)) =
            (aws, table_name, key_arns, issuers, max_lifetime)
        else {
            return Err(errors);
        };
        Ok(Self { aws, table_name, key_arns, issuers, max_lifetime, http: environment.http() })
    }
}

impl FunctionConfig for TableConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let aws = errors.collect(environment.aws());
        let table_name = errors.collect(environment.table_name());
        let (Some(aws), Some(table_name)) = (aws, table_name) else { return Err(errors) };
        Ok(Self { aws, table_name, http: environment.http() })
    }
}

impl FunctionConfig for WellKnownConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let aws = errors.collect(environment.aws());
        let key_arns = errors.collect(environment.key_arns());
        let issuers = errors.collect(environment.issuer_urls());
        let (Some(aws), Some(key_arns), Some(issuers)) = (aws, key_arns, issuers) else { return Err(errors) };
        Ok(Self { aws, key_arns, issuers, http: environment.http() })
    }
}

impl FunctionConfig for PortalFunctionConfig {
    fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        let (portal, entry_errors) = environment.token_page()?;
        Ok(Self { portal, entry_errors, http: environment.http() })
    }

    fn entry_errors(&self) -> &[ConfigError] {
        self.entry_errors.all()
    }
}

#[cfg(test)]
mod tests;
