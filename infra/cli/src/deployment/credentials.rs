//! The credentials of the AWS environment, and why they cannot be loaded.

use std::{
    error::Error as StdError,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::{meta::ProviderChainError, profile::ProfileSet};
use aws_credential_types::{
    Credentials,
    provider::{
        ProvideCredentials, SharedCredentialsProvider,
        error::{CredentialsError, TokenError},
        future,
    },
};
use aws_sdk_sso::{error::SdkError, operation::get_role_credentials::GetRoleCredentialsError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::os_shim_internal::{Env, Fs};

use super::{
    error::DeploymentError,
    http_client::{ConnectionLog, causes},
};
use crate::terminal::escape_line;

/// Most characters of a reason that comes from another program.
const MAX_REASON_CHARS: usize = 1_000;

/// Credentials that are loaded before the first call, so that a source that fails is reported as such. The SDK would report it
/// as a failed call, and it would stop a credential process that waits for its user. Later loads renew expired credentials.
#[derive(Debug, Clone)]
pub(super) struct LoadedCredentials(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    loaded: Mutex<Option<Credentials>>,
    source: SharedCredentialsProvider,
    connections: ConnectionLog,
    failure: Mutex<Option<DeploymentError>>,
}

impl LoadedCredentials {
    /// Loads credentials from `source`, whose requests are recorded in `connections`.
    pub(super) async fn load(
        source: SharedCredentialsProvider,
        connections: ConnectionLog,
    ) -> Result<Self, DeploymentError> {
        let loaded = match source.provide_credentials().await {
            Ok(credentials) => Mutex::new(Some(credentials)),
            Err(error) => return Err(explain(&error, &connections).await),
        };
        Ok(Self(Arc::new(Inner { loaded, source, connections, failure: Mutex::default() })))
    }

    /// Why the last renewal failed.
    pub(super) fn take_failure(&self) -> Option<DeploymentError> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let loaded = self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(credentials) = loaded {
            return Ok(credentials);
        }
        let renewed = self.0.source.provide_credentials().await;
        if let Err(error) = &renewed {
            let failure = explain(error, &self.0.connections).await;
            *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
        renewed
    }
}

impl ProvideCredentials for LoadedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

/// The kind of a profile's credentials, which determines the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// IAM Identity Center: `aws sso login`.
    Sso,
    /// The console's session: `aws login`.
    Login,
    /// `credential_process`.
    Process,
    /// Access keys, a role, a web identity, or none.
    Other,
}

/// The error of a missing region.
pub(super) async fn missing_region() -> DeploymentError {
    match load_profiles().await {
        Ok(profiles) => undefined_profile(&profiles).unwrap_or(DeploymentError::NoRegion),
        Err(error) => error,
    }
}

/// The error of credentials that cannot be loaded.
async fn explain(error: &CredentialsError, connections: &ConnectionLog) -> DeploymentError {
    let profiles = match load_profiles().await {
        Ok(profiles) => profiles,
        Err(error) => return error,
    };
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        return not_loaded(error, &profiles);
    }
    let is_connection = find::<ConnectorError>(error).is_some();
    if let Some(unreachable) = is_connection.then(|| connections.failure(false)).flatten() {
        return unreachable;
    }
    let selected = profiles.selected_profile().to_owned();
    if let CredentialsError::InvalidConfiguration(_) = error {
        return DeploymentError::InvalidProfile { profile: selected, reason: reason(error) };
    }
    if profiles.get_profile(&selected).is_none() {
        return DeploymentError::NoCredentials { reason: Some(reason(error)) };
    }
    let (profile, source) = find_source(&profiles);
    let profile = profile.to_owned();
    match source {
        _ if is_service_error(error) => DeploymentError::CredentialSource { profile: selected, reason: reason(error) },
        Source::Sso => DeploymentError::SsoSession { profile, reason: reason(error) },
        Source::Login => DeploymentError::LoginSession { profile, reason: reason(error) },
        Source::Process => DeploymentError::CredentialProcess { profile, reason: reason(error) },
        Source::Other => DeploymentError::CredentialSource { profile: selected, reason: reason(error) },
    }
}

/// Whether a service answered with an error other than that of an expired session.
fn is_service_error(error: &CredentialsError) -> bool {
    match find::<GetRoleCredentialsError>(error) {
        Some(error) => !error.is_unauthorized_exception(),
        None => find::<ErrorMetadata>(error).is_some(),
    }
}

/// The error if no source has credentials. The reason of the profile is reported, if it has one.
fn not_loaded(error: &CredentialsError, profiles: &ProfileSet) -> DeploymentError {
    let chain = find::<ProviderChainError<CredentialsError>>(error);
    let attempt = chain.and_then(|chain| chain.attempts().iter().find(|attempt| attempt.name() == "Profile"));
    undefined_profile(profiles).unwrap_or_else(|| match attempt.map(|attempt| reason(attempt.error())) {
        Some(reason) if !reason.is_empty() => {
            DeploymentError::InvalidProfile { profile: profiles.selected_profile().to_owned(), reason }
        }
        _ => DeploymentError::NoCredentials { reason: None },
    })
}

fn undefined_profile(profiles: &ProfileSet) -> Option<DeploymentError> {
    let selected = profiles.selected_profile();
    let is_undefined = selected != "default" && profiles.get_profile(selected).is_none();
    is_undefined.then(|| DeploymentError::UndefinedProfile(selected.to_owned()))
}

async fn load_profiles() -> Result<ProfileSet, DeploymentError> {
    let env = Env::real();
    let loaded = aws_config::profile::load(&Fs::real(), &env, &<_>::default(), None).await;
    loaded.map_err(|error| {
        let profile = env.get("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        DeploymentError::InvalidProfile { profile, reason: reason(&error) }
    })
}

/// The profile that the credentials of the selected one come from, and their kind.
fn find_source(profiles: &ProfileSet) -> (&str, Source) {
    let mut name = profiles.selected_profile();
    // The number of profiles bounds the steps, because profiles may refer to each other in a loop.
    for _ in profiles.profiles() {
        let Some(profile) = profiles.get_profile(name) else { break };
        let has = |setting: &str| profile.get(setting).is_some();
        match profile.get("source_profile") {
            Some(next) if has("role_arn") && next != name => name = next,
            _ if has("sso_session") || has("sso_start_url") => return (name, Source::Sso),
            _ if has("login_session") => return (name, Source::Login),
            _ if has("credential_process") => return (name, Source::Process),
            _ => break,
        }
    }
    (name, Source::Other)
}

/// The service's code and message, or else the texts of the error and its sources, in one line.
fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = match find::<ErrorMetadata>(error) {
        // The lines after the first may repeat the signed request, with its session token.
        Some(error) => {
            let message = error.message().and_then(|message| message.lines().next());
            [error.code(), message].into_iter().flatten().map(str::to_owned).collect()
        }
        None => causes(error)
            .filter(|cause| !is_wrapper(*cause))
            .map(|cause| cause.to_string().trim().trim_end_matches('.').to_owned())
            .collect(),
    };
    texts.dedup();
    let line = escape_line(&texts.join(": "));
    line.chars().take(MAX_REASON_CHARS).collect()
}

/// Whether the error's own text says no more than that no credentials were loaded.
fn is_wrapper(error: &(dyn StdError + 'static)) -> bool {
    error.is::<CredentialsError>() || error.is::<TokenError>() || error.is::<SdkError<GetRoleCredentialsError>>()
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}
