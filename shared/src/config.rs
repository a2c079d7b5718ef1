//! What the environment says, read once at start. A sentence for each thing that is wrong.

use std::{collections::HashMap, env, fs};

use serde::de::DeserializeOwned;

use crate::{
    authorize::{Policy, Provider, ProviderError, Rules},
    aws::{Access, Credentials, Endpoints, Roots, Trust},
    jwt::Object,
    portal::Surroundings,
    token::{Ceiling, Families, Issuer, LifetimeError},
};

/// The environment's variables. An empty one counts as absent.
pub struct Config(HashMap<String, String>);

/// Why a function cannot start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not there, or is empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable holds what it cannot.
    #[error("the environment variable {name}: {why}")]
    Malformed {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// An identity provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl Config {
    /// The environment of this process.
    #[must_use]
    pub fn from_env() -> Self {
        let text = |name: std::ffi::OsString| name.into_string().ok();
        Self(env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// `LOG_LEVEL`: how much is told.
    #[must_use]
    pub fn log_level(&self) -> &str {
        self.find("LOG_LEVEL").unwrap_or_default()
    }

    /// `METRICS_NAMESPACE`: under which name metrics are kept; empty where none is named.
    #[must_use]
    pub fn metrics_namespace(&self) -> &str {
        self.find("METRICS_NAMESPACE").unwrap_or_default()
    }

    /// `ALLOWED_ORIGINS`: the origin whose pages may read answers in a browser, `*` for all, empty for none.
    #[must_use]
    pub fn allowed_origins(&self) -> &str {
        self.find("ALLOWED_ORIGINS").unwrap_or_default()
    }

    /// `TABLE_NAME`: the ledger.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Missing`].
    pub fn table(&self) -> Result<String, ConfigError> {
        self.get("TABLE_NAME").map(ToOwned::to_owned)
    }

    /// `ACCESS_KEYS` and `PUBLIC_KEYS`: the ARNs of each family's keys, separated by commas; the first signs.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where there is none, or one is no key ARN: an alias may move under our feet.
    pub fn keys(&self) -> Result<Families<Vec<String>>, ConfigError> {
        Ok(Families { access: self.arns("ACCESS_KEYS")?, public: self.arns("PUBLIC_KEYS")? })
    }

    fn arns(&self, name: &'static str) -> Result<Vec<String>, ConfigError> {
        let arns = list(self.get(name)?);
        match arns.iter().find(|arn| !(arn.starts_with("arn:") && arn.contains(":key/"))) {
            Some(bad) => Err(ConfigError::Malformed { name, why: format!("`{bad}` is no ARN of a key") }),
            None if arns.is_empty() => Err(ConfigError::Missing(name)),
            None => Ok(arns),
        }
    }

    /// `PUBLIC_URL` and `TOKEN_AUDIENCE`: under which name and for whom each family is issued.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn issuers(&self) -> Result<Families<Issuer>, ConfigError> {
        let (urls, audience) = (self.issuer_urls()?, self.get("TOKEN_AUDIENCE")?);
        Ok(urls.map(|issuer| Issuer { issuer, audience: audience.to_owned() }))
    }

    /// `PUBLIC_URL`: each family's issuer.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn issuer_urls(&self) -> Result<Families<String>, ConfigError> {
        issuers_below(self.get("PUBLIC_URL")?, "PUBLIC_URL")
    }

    /// How AWS is reached, by the variables that Lambda sets and the SDKs have in common (AWS SDKs and Tools Reference Guide):
    /// `AWS_REGION`; `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; `AWS_ENDPOINT_URL_DYNAMODB` and
    /// `AWS_ENDPOINT_URL_KMS`, or `AWS_ENDPOINT_URL` for both; `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`; and
    /// `AWS_CA_BUNDLE`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn access(&self) -> Result<Access, ConfigError> {
        let text = |name| self.get(name).map(ToOwned::to_owned);
        let either = |name| self.find(name).or(self.find("AWS_ENDPOINT_URL")).map(ToOwned::to_owned);
        let is_true = |name| self.find(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Ok(Access {
            region: text("AWS_REGION")?,
            credentials: Credentials {
                id: text("AWS_ACCESS_KEY_ID")?,
                secret: text("AWS_SECRET_ACCESS_KEY")?,
                session: self.find("AWS_SESSION_TOKEN").map(ToOwned::to_owned),
            },
            endpoints: Endpoints {
                dynamodb: either("AWS_ENDPOINT_URL_DYNAMODB"),
                kms: either("AWS_ENDPOINT_URL_KMS"),
                fips: is_true("AWS_USE_FIPS_ENDPOINT"),
                dual_stack: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            },
            trust: self.trust()?,
        })
    }

    /// `AWS_CA_BUNDLE`: the absolute path of the root certificates that AWS is held to, in PEM, as the AWS CLI has it; those of
    /// Amazon where it is not set.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Malformed`].
    fn trust(&self) -> Result<Trust, ConfigError> {
        let name = "AWS_CA_BUNDLE";
        let Some(path) = self.find(name) else { return Ok(Trust::Amazon) };
        let malformed = |why: String| ConfigError::Malformed { name, why: format!("`{path}`: {why}") };
        let bundle = fs::read_to_string(path).map_err(|error| malformed(error.to_string()))?;
        Roots::read(bundle).map(Trust::Only).map_err(|error| malformed(error.to_string()))
    }

    /// `MAX_LIFETIME`: the longest lifetime that the operator allows, an hour or more, where there is one.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Malformed`].
    pub fn ceiling(&self) -> Result<Option<Ceiling>, ConfigError> {
        let name = "MAX_LIFETIME";
        let malformed = |why: LifetimeError| ConfigError::Malformed { name, why: why.to_string() };
        self.find(name).map(str::parse).transpose().map_err(malformed)
    }

    /// What the authorizer accepts: `PUBLIC_URL`, `FORMER_PUBLIC_URLS`, `TOKEN_AUDIENCE`, `IDENTITY_PROVIDERS` (JSON, or the
    /// absolute path of a file with it), `ROUTE_RULES` (JSON) and `ROUTE_RULES_FILE` (a path; more of the same).
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        let audience = self.get("TOKEN_AUDIENCE")?;
        let mut issuers = self.issuers()?.map(|issuer| vec![issuer]);
        for base in list(self.find("FORMER_PUBLIC_URLS").unwrap_or_default()) {
            let Families { access, public } = issuers_below(&base, "FORMER_PUBLIC_URLS")?;
            // Where no audience was named it was the base URL of that time.
            for audience in [audience, &base] {
                issuers.access.push(Issuer { issuer: access.clone(), audience: audience.to_owned() });
                issuers.public.push(Issuer { issuer: public.clone(), audience: audience.to_owned() });
            }
        }
        let ours: Vec<_> = issuers.access.iter().map(|own| own.issuer.clone()).collect();
        let providers = self.providers(&ours)?;
        Ok(Policy { issuers, providers, rules: self.rules()? })
    }

    /// What the token page is to know: `PUBLIC_URL`, `MAX_LIFETIME` and `IDENTITY_PROVIDERS`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn surroundings(&self) -> Result<Surroundings, ConfigError> {
        let providers = self.providers(&[self.issuer_urls()?.access])?;
        Ok(Surroundings { base: self.get("PUBLIC_URL")?.to_owned(), ceiling: self.ceiling()?, providers })
    }

    /// The identity providers, where our own issuers of the access family are `ours`: the public family's lie below these.
    fn providers(&self, ours: &[String]) -> Result<Vec<Provider>, ConfigError> {
        let providers: Vec<Object<Provider>> = self.json("IDENTITY_PROVIDERS")?;
        let providers: Vec<_> = providers.into_iter().map(|Object(provider)| provider).collect();
        Provider::check(&providers, ours)?;
        Ok(providers)
    }

    /// The rules of the environment, and those of a file where they are too many for it.
    fn rules(&self) -> Result<Rules, ConfigError> {
        let (rules, name): (Rules, _) = (self.json("ROUTE_RULES")?, "ROUTE_RULES_FILE");
        match self.find(name) {
            None => Ok(rules),
            Some(_) => rules.and(self.json(name)?).map_err(|why| ConfigError::Malformed { name, why }),
        }
    }

    fn find(&self, name: &'static str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn get(&self, name: &'static str) -> Result<&str, ConfigError> {
        self.find(name).ok_or(ConfigError::Missing(name))
    }

    /// JSON, or that of the file at this absolute path: a whole environment has 4 KB.
    fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, ConfigError> {
        let text = self.get(name)?;
        let malformed = |why: String| ConfigError::Malformed { name, why };
        if !text.starts_with('/') {
            return serde_json::from_str(text).map_err(|error| malformed(error.to_string()));
        }
        let file = fs::read(text).map_err(|error| malformed(format!("`{text}`: {error}")))?;
        serde_json::from_slice(&file).map_err(|error| malformed(format!("`{text}`: {error}")))
    }
}

/// The values of a list, separated by commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
}

/// Each family's issuer under a base URL.
fn issuers_below(base: &str, name: &'static str) -> Result<Families<String>, ConfigError> {
    let is_base = (base.starts_with("https://") || base.starts_with("http://")) && !base.ends_with('/');
    if !is_base {
        return Err(ConfigError::Malformed { name, why: format!("`{base}` is no base URL without a trailing slash") });
    }
    let access = format!("{base}/v1/access-tokens");
    Ok(Families { public: format!("{access}/public"), access })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashSet;

    use proptest::{
        strategy::{Strategy, ValueTree},
        string::string_regex,
        test_runner::TestRunner,
    };

    use super::*;

    const GOOD: [(&str, &str); 8] = [
        ("TABLE_NAME", "t"),
        ("ACCESS_KEYS", "arn:aws:kms:us-east-1:1:key/a, arn:aws:kms:us-east-1:1:key/b"),
        ("PUBLIC_KEYS", "arn:aws:kms:us-east-1:1:key/c"),
        ("PUBLIC_URL", "https://api.example"),
        ("FORMER_PUBLIC_URLS", "https://old.example,"),
        ("TOKEN_AUDIENCE", "https://api.example"),
        ("IDENTITY_PROVIDERS", "[]"),
        ("ROUTE_RULES", "{}"),
    ];

    fn config(changes: &[(&str, &str)]) -> Config {
        let pairs = GOOD.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config(pairs.collect())
    }

    #[test]
    fn a_former_base_url_is_an_issuer_with_its_own_audience_and_the_present_one() {
        let policy = config(&[]).policy().unwrap();
        let pairs: Vec<_> = policy.issuers.access.iter().map(|i| (i.issuer.as_str(), i.audience.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("https://api.example/v1/access-tokens", "https://api.example"),
                ("https://old.example/v1/access-tokens", "https://api.example"),
                ("https://old.example/v1/access-tokens", "https://old.example"),
            ]
        );
        assert_eq!(policy.issuers.public[2].issuer, "https://old.example/v1/access-tokens/public");
    }

    #[test]
    fn a_ceiling_is_a_lifetime_or_absent() {
        assert_eq!(config(&[]).ceiling(), Ok(None));
        assert_eq!(config(&[("MAX_LIFETIME", "90d")]).ceiling(), Ok("90d".parse().ok()));
        for bad in ["never", "7", "5x", "29s", "59m", "3599"] {
            let error = config(&[("MAX_LIFETIME", bad)]).ceiling().unwrap_err().to_string();
            assert!(error.contains("MAX_LIFETIME: a ceiling is written like 90d, and is one hour at least"), "{error}");
        }
    }

    /// The `AllowedPattern` of a parameter of the template, of which a value must be the whole.
    fn allowed_pattern(parameter: &str) -> String {
        let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
        let (_, section) = template.split_once(&format!("\n  {parameter}:\n")).unwrap();
        let line = section.lines().find_map(|line| line.trim().strip_prefix("AllowedPattern: ")).unwrap();
        line.trim_matches('"').to_owned()
    }

    #[test]
    fn whatever_the_template_lets_through_as_max_lifetime_is_a_ceiling() {
        let pattern = string_regex(&allowed_pattern("MaxLifetime")).unwrap();
        let mut runner = TestRunner::deterministic();
        let mut forms = HashSet::new();
        for _ in 0..5_000 {
            let text = pattern.new_tree(&mut runner).unwrap().current();
            let ceiling = config(&[("MAX_LIFETIME", &text)]).ceiling();
            assert!(ceiling.is_ok_and(|ceiling| ceiling.is_some() != text.is_empty()), "`{text}`");
            forms.insert(text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
        }
        for form in ["", "h", "d", " d", " days", "week", " years"] {
            assert!(forms.contains(form), "`{form}` is not let through");
        }
    }

    #[test]
    fn the_first_key_comes_first_and_an_alias_is_no_key() {
        assert_eq!(config(&[]).keys().unwrap().access[0], "arn:aws:kms:us-east-1:1:key/a");
        for bad in
            ["alias/latchkey", "arn:aws:kms:us-east-1:1:alias/latchkey", "1234", "arn:aws:kms:us-east-1:1:key/a,x"]
        {
            assert!(config(&[("ACCESS_KEYS", bad)]).keys().is_err(), "{bad}");
        }
        assert_eq!(config(&[("ACCESS_KEYS", ",")]).keys(), Err(ConfigError::Missing("ACCESS_KEYS")));
    }

    #[test]
    fn what_is_too_much_for_the_environment_may_lie_in_a_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/sample/rules.json");
        let own = r#"{"GET /v1/permissions/me": {"any_caller": true}}"#;
        let policy = config(&[("ROUTE_RULES", own), ("ROUTE_RULES_FILE", file)]).policy().unwrap();
        for route in ["GET /orders/{id}", "GET /v1/permissions/me"] {
            assert!(policy.rules.find("a", route).is_some(), "{route}");
        }
        for (name, value, words) in [
            ("ROUTE_RULES_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "Cargo.toml`: expected"),
            ("IDENTITY_PROVIDERS", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "Cargo.toml`: expected"),
            ("ROUTE_RULES_FILE", "/nowhere/rules.json", "`/nowhere/rules.json`: No such file"),
            ("ROUTE_RULES_FILE", r#"{"GET /x": {"public": true}}"#, "`GET /x` has a rule already"),
        ] {
            let changes = [("ROUTE_RULES", r#"{"GET /x": {"any_caller": true}}"#), (name, value)];
            let error = config(&changes).policy().err().unwrap().to_string();
            assert!(error.contains(name) && error.contains(words), "{error}");
        }
    }

    #[test]
    fn roots_are_amazons_unless_a_file_holds_others() {
        let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/src/https/roots.pem");
        let trust = |path| config(&[("AWS_CA_BUNDLE", path)]).trust();
        assert!(matches!(trust(""), Ok(Trust::Amazon)));
        assert!(matches!(trust(bundle), Ok(Trust::Only(_))));
        for (path, words) in [
            ("/nowhere/roots.pem", "AWS_CA_BUNDLE: `/nowhere/roots.pem`: No such file"),
            (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "Cargo.toml`: it holds no PEM certificate"),
        ] {
            let error = trust(path).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_environment_is_said_in_a_sentence_that_names_the_variable() {
        for (name, value, words) in [
            ("PUBLIC_URL", "", "PUBLIC_URL is not set"),
            ("PUBLIC_URL", "https://api.example/", "without a trailing slash"),
            ("PUBLIC_URL", "api.example", "without a trailing slash"),
            ("FORMER_PUBLIC_URLS", "old.example", "FORMER_PUBLIC_URLS"),
            ("TOKEN_AUDIENCE", "", "TOKEN_AUDIENCE is not set"),
            ("IDENTITY_PROVIDERS", "", "IDENTITY_PROVIDERS is not set"),
            ("IDENTITY_PROVIDERS", "{}", "IDENTITY_PROVIDERS: invalid type"),
            ("IDENTITY_PROVIDERS", r#"[{"name": "a"}]"#, "missing field `issuer`"),
            ("ROUTE_RULES", "7", "ROUTE_RULES: invalid type"),
            ("ROUTE_RULES", r#"{"GET /": {"action": "a", "open": true}}"#, "the rule of `GET /`: unknown field `open`"),
            (
                "ROUTE_RULES",
                r#"[{"GET /": {"public": true}}, {"GET /": {"public": true}}]"#,
                "`GET /` has a rule already",
            ),
            ("IDENTITY_PROVIDERS", r#"[["a", "https://a.example", "a", "*"]]"#, "invalid type: sequence"),
        ] {
            let error = config(&[(name, value)]).policy().err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
        let own = r#"[{"name": "a", "issuer": "https://old.example/v1/access-tokens", "audience": "a", "organizations": "*"}]"#;
        let error = config(&[("IDENTITY_PROVIDERS", own)]).policy().err().unwrap();
        assert!(matches!(error, ConfigError::Provider(ProviderError::Ours(_))));
    }
}
