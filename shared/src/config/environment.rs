//! Reads and validates the environment variables of a function.

use std::{collections::HashMap, env, fs, path::Path};

use serde::de::DeserializeOwned;

use super::{ConfigError, ConfigErrors, HttpConfig};
use crate::{
    authorize::Policy,
    aws::{AwsConnection, Endpoints, RootCertificates, RootStore},
    identity_provider::{IdentityProviders, ProviderError},
    portal::PortalConfig,
    routes::{RuleError, RuleSource, Rules},
    token::{Families, Issuer, MaxLifetime},
};

const IDENTITY_PROVIDERS: &str = "IDENTITY_PROVIDERS";
const ROUTE_RULES: &str = "ROUTE_RULES";
const ROUTE_RULES_FILE: &str = "ROUTE_RULES_FILE";

/// The environment variables of a process. An empty variable counts as not set.
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are ignored.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |name: std::ffi::OsString| name.into_string().ok();
        Self(env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// `METRICS_NAMESPACE`.
    pub(super) fn metrics_namespace(&self) -> String {
        self.find("METRICS_NAMESPACE").unwrap_or_default().to_owned()
    }

    /// `METRICS_NAMESPACE` and `ALLOWED_ORIGINS`.
    pub(super) fn http(&self) -> HttpConfig {
        let allowed_origin = self.find("ALLOWED_ORIGINS").unwrap_or_default().to_owned();
        HttpConfig { metrics_namespace: self.metrics_namespace(), allowed_origin }
    }

    /// `TABLE_NAME`.
    pub(super) fn table_name(&self) -> Result<String, ConfigErrors> {
        Ok(self.get("TABLE_NAME")?.to_owned())
    }

    /// `ACCESS_KEYS` and `PUBLIC_KEYS`: the KMS key ARNs of each family, separated by commas. Aliases are rejected,
    /// because an alias can be moved to another key.
    pub(super) fn key_arns(&self) -> Result<Families<Vec<String>>, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let access = errors.collect(self.arns("ACCESS_KEYS"));
        let public = errors.collect(self.arns("PUBLIC_KEYS"));
        let (Some(access), Some(public)) = (access, public) else { return Err(errors) };
        Ok(Families { access, public })
    }

    fn arns(&self, name: &'static str) -> Result<Vec<String>, ConfigErrors> {
        let arns = split_list(self.get(name)?);
        match arns.iter().find(|arn| !(arn.starts_with("arn:") && arn.contains(":key/"))) {
            Some(other) => Err(invalid(name, format!("`{other}` must be the ARN of a KMS key"))),
            None if arns.is_empty() => Err(ConfigError::Missing(name).into()),
            None => Ok(arns),
        }
    }

    /// `PUBLIC_URL` and `TOKEN_AUDIENCE`: the issuer and the audience of each family.
    pub(super) fn issuers(&self) -> Result<Families<Issuer>, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let urls = errors.collect(self.issuer_urls());
        let audience = errors.collect(self.get("TOKEN_AUDIENCE"));
        let (Some(urls), Some(audience)) = (urls, audience) else { return Err(errors) };
        Ok(urls.map(|issuer| Issuer { issuer, audience: audience.to_owned() }))
    }

    /// `PUBLIC_URL`: the issuer of each family.
    pub(super) fn issuer_urls(&self) -> Result<Families<String>, ConfigErrors> {
        issuers_of(self.get("PUBLIC_URL")?, "PUBLIC_URL")
    }

    /// Region, credentials and endpoints of AWS, from the variables that Lambda sets and all AWS SDKs support (AWS SDKs
    /// and Tools Reference Guide): `AWS_REGION`; `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`;
    /// `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_KMS`, or `AWS_ENDPOINT_URL` for both; `AWS_USE_FIPS_ENDPOINT`
    /// and `AWS_USE_DUALSTACK_ENDPOINT`; and `AWS_CA_BUNDLE`.
    pub(super) fn aws(&self) -> Result<AwsConnection, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        // The SDK reads these variables itself. Without this check a missing one would fail each request.
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            errors.collect(self.get(name));
        }
        let root_store = errors.collect(self.root_store()).unwrap_or_default();
        let endpoint = |name| self.find(name).or(self.find("AWS_ENDPOINT_URL")).map(ToOwned::to_owned);
        let is_true = |name| self.find(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        errors.or(AwsConnection {
            endpoints: Endpoints {
                dynamodb: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
                kms: endpoint("AWS_ENDPOINT_URL_KMS"),
                fips: is_true("AWS_USE_FIPS_ENDPOINT"),
                dual_stack: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            },
            root_store,
        })
    }

    /// `AWS_CA_BUNDLE`: the path of a PEM file with the root certificates for AWS endpoints, as in the AWS CLI. Without
    /// it, the roots are those of Amazon Trust Services.
    pub(super) fn root_store(&self) -> Result<RootStore, ConfigErrors> {
        let name = "AWS_CA_BUNDLE";
        let Some(path) = self.find(name) else { return Ok(RootStore::Amazon) };
        let bundle = fs::read_to_string(path).map_err(|error| invalid(name, format!("`{path}`: {error}")))?;
        RootCertificates::read(bundle).map(RootStore::Only).map_err(|error| invalid(name, format!("`{path}`: {error}")))
    }

    /// `MAX_LIFETIME`: the longest token lifetime that the operator allows, at least one hour. Without it there is no
    /// limit.
    pub(super) fn max_lifetime(&self) -> Result<Option<MaxLifetime>, ConfigErrors> {
        let name = "MAX_LIFETIME";
        let lifetime = self.find(name).map(str::parse::<MaxLifetime>).transpose();
        lifetime.map_err(|error| invalid(name, error.to_string()))
    }

    /// The issuers, identity providers and route rules that the authorizer accepts: `PUBLIC_URL`, `PREVIOUS_PUBLIC_URLS`,
    /// `TOKEN_AUDIENCE`, `IDENTITY_PROVIDERS`, `ROUTE_RULES` and `ROUTE_RULES_FILE` (additional rules). The last three
    /// are JSON or the absolute path of a JSON file. Their errors do not prevent the start: they are returned with the
    /// policy, in which an invalid rule denies its route and an invalid provider is disabled.
    pub(super) fn policy(&self) -> Result<(Policy, ConfigErrors), ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let issuers = errors.collect(self.accepted_issuers());
        let own_issuers = issuers.iter().flat_map(|issuers| &issuers.access).map(|issuer| issuer.issuer.clone());
        let (providers, mut entry_errors) = self.providers(&own_issuers.collect::<Vec<_>>());
        let (rules, rule_errors) = self.rules();
        entry_errors.append(rule_errors);
        let Some(issuers) = issuers else {
            errors.append(entry_errors);
            return Err(errors);
        };
        Ok((Policy { issuers, providers, rules }, entry_errors))
    }

    /// The issuer of `PUBLIC_URL` and those of `PREVIOUS_PUBLIC_URLS`.
    fn accepted_issuers(&self) -> Result<Families<Vec<Issuer>>, ConfigErrors> {
        let name = "PREVIOUS_PUBLIC_URLS";
        let mut issuers = self.issuers()?.map(|issuer| vec![issuer]);
        let audience = self.get("TOKEN_AUDIENCE")?;
        let mut errors = ConfigErrors::default();
        for base_url in split_list(self.find(name).unwrap_or_default()) {
            let Some(Families { access, public }) = errors.collect(issuers_of(&base_url, name)) else { continue };
            // Tokens of that base URL may have it as their audience, because the audience defaults to the base URL.
            for audience in [audience, &base_url] {
                issuers.access.push(Issuer { issuer: access.clone(), audience: audience.to_owned() });
                issuers.public.push(Issuer { issuer: public.clone(), audience: audience.to_owned() });
            }
        }
        errors.or(issuers)
    }

    /// Configuration of the token page: `PUBLIC_URL`, `MAX_LIFETIME` and `IDENTITY_PROVIDERS`. The page omits invalid
    /// providers, whose errors are returned with the configuration.
    pub(super) fn token_page(&self) -> Result<(PortalConfig, ConfigErrors), ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let own_issuer = errors.collect(self.issuer_urls()).map(|issuers| issuers.access);
        let base = errors.collect(self.get("PUBLIC_URL"));
        let max_lifetime = errors.collect(self.max_lifetime());
        let (providers, entry_errors) = self.providers(own_issuer.as_slice());
        let (Some(_), Some(base), Some(max_lifetime)) = (own_issuer, base, max_lifetime) else {
            errors.append(entry_errors);
            return Err(errors);
        };
        let providers = providers.usable().to_vec();
        Ok((PortalConfig { base: base.to_owned(), max_lifetime, providers }, entry_errors))
    }

    /// The identity providers, with their errors. A provider must not use an issuer at or below `own_issuers`, Latchkey's
    /// issuers of the access family.
    fn providers(&self, own_issuers: &[String]) -> (IdentityProviders, ConfigErrors) {
        let entries = self.json(IDENTITY_PROVIDERS).map_err(ConfigError::reason);
        let (providers, provider_errors) = IdentityProviders::new(entries, own_issuers);
        let mut errors = ConfigErrors::default();
        for ProviderError { entry, reason, effect } in provider_errors {
            errors.push(ConfigError::of_entry(IDENTITY_PROVIDERS, entry, &reason, effect.as_str()));
        }
        (providers, errors)
    }

    /// Latchkey's own rules and those of `ROUTE_RULES` and of `ROUTE_RULES_FILE`, with the errors of the latter two.
    fn rules(&self) -> (Rules, ConfigErrors) {
        let names = [Some(ROUTE_RULES), self.find(ROUTE_RULES_FILE).map(|_| ROUTE_RULES_FILE)];
        let source = |name| RuleSource { name, entries: self.json(name).map_err(ConfigError::reason) };
        let (rules, rule_errors) = Rules::with_operator_rules(names.into_iter().flatten().map(source));
        let mut errors = ConfigErrors::default();
        for RuleError { source: name, entry, reason, effect } in rule_errors {
            errors.push(ConfigError::of_entry(name, entry, &reason, effect.as_str()));
        }
        (rules, errors)
    }

    fn find(&self, name: &'static str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn get(&self, name: &'static str) -> Result<&str, ConfigErrors> {
        self.find(name).ok_or_else(|| ConfigError::Missing(name).into())
    }

    /// Reads JSON from the variable, or from a file if the value is an absolute path: Lambda limits the environment
    /// variables of a function to 4 KB in total.
    fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, ConfigError> {
        let value = self.find(name).ok_or(ConfigError::Missing(name))?;
        let invalid = |reason| ConfigError::Invalid { name, reason };
        if !Path::new(value).is_absolute() {
            return serde_json::from_str(value).map_err(|error| invalid(error.to_string()));
        }
        let text = fs::read_to_string(value).map_err(|error| invalid(format!("`{value}`: {error}")))?;
        serde_json::from_str(&text).map_err(|error| invalid(format!("`{value}`: {error}")))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

fn invalid(name: &'static str, reason: String) -> ConfigErrors {
    ConfigError::Invalid { name, reason }.into()
}

/// The values of a comma-separated list, without empty ones.
fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
}

/// The issuer of each family below a base URL.
fn issuers_of(base_url: &str, name: &'static str) -> Result<Families<String>, ConfigErrors> {
    let is_base_url = (base_url.starts_with("https://") || base_url.starts_with("http://")) && !base_url.ends_with('/');
    if !is_base_url {
        return Err(invalid(name, format!("`{base_url}` must be a base URL without a trailing slash")));
    }
    let access = format!("{base_url}/v1/access-tokens");
    Ok(Families { public: format!("{access}/public"), access })
}
