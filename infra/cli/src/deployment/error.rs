//! Why the table of a deployment cannot be accessed: the cause and the remedy in one sentence.

use std::fmt;

use crate::terminal::escape_line;

/// Why the table of a deployment cannot be accessed.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// No source of credentials is configured, or one that needs no profile failed.
    #[error(
        "no credentials{}: set `AWS_PROFILE`, sign in with `aws sso login` or `aws login`, or set `AWS_ACCESS_KEY_ID` and \
         `AWS_SECRET_ACCESS_KEY`",
        reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    NoCredentials {
        /// The SDK's reason, if a source failed.
        reason: Option<String>,
    },
    /// The selected profile is in none of the AWS configuration files.
    #[error(
        "no credentials: profile `{0}` is not defined: set `AWS_PROFILE` to a profile of `aws configure list-profiles`"
    )]
    UndefinedProfile(String),
    /// A profile contradicts itself or lacks a setting, or the file has a syntax error.
    #[error("no credentials: {reason}: correct profile `{profile}` in the AWS configuration files")]
    InvalidProfile {
        /// The selected profile.
        profile: String,
        /// The SDK's reason.
        reason: String,
    },
    /// The session of IAM Identity Center has expired, or the user has not signed in.
    #[error(
        "no credentials: the SSO session of profile `{profile}` is not usable ({reason}): run `aws sso login --profile {profile}`"
    )]
    SsoSession {
        /// The profile with the session.
        profile: String,
        /// The SDK's reason.
        reason: String,
    },
    /// The session of `aws login` has expired, or the user has not signed in.
    #[error(
        "no credentials: the login session of profile `{profile}` is not usable ({reason}): run `aws login --profile {profile}`"
    )]
    LoginSession {
        /// The profile with the session.
        profile: String,
        /// The SDK's reason.
        reason: String,
    },
    /// The credential process failed or returned no credentials.
    #[error(
        "no credentials: `credential_process` of profile `{profile}` failed ({reason}): sign in with this program, or correct \
         its command"
    )]
    CredentialProcess {
        /// The profile with the process.
        profile: String,
        /// The exit status with the standard error of the process, or the reason why its output is invalid.
        reason: String,
    },
    /// Another source of credentials failed, for example the role of a profile.
    #[error(
        "no credentials: the source of profile `{profile}` failed ({reason}): correct the profile, or set another `AWS_PROFILE`"
    )]
    CredentialSource {
        /// The selected profile.
        profile: String,
        /// The service's or the SDK's reason.
        reason: String,
    },
    /// AWS rejects the credentials: they have expired, or the key does not exist.
    #[error(
        "AWS rejects the credentials ({code}{}): sign in again with `aws sso login` or `aws login`, or correct the access key",
        message.as_deref().map(|message| format!(": {}", escape_line(message))).unwrap_or_default()
    )]
    CredentialsRejected {
        /// The error code.
        code: String,
        /// AWS's message.
        message: Option<String>,
    },
    /// No region is configured.
    #[error("no region: set `AWS_REGION`, or set `AWS_PROFILE` to a profile with `region`")]
    NoRegion,
    /// The table does not exist in the region and account of the credentials.
    #[error(
        "table `{table}` does not exist in region `{region}` of the account of the credentials: check `--table`, `AWS_REGION` \
         and `AWS_PROFILE`"
    )]
    TableNotFound {
        /// The table.
        table: String,
        /// The region.
        region: String,
    },
    /// The principal lacks a permission.
    #[error(
        "access denied to {operation}: grant `dynamodb:{operation}` on table `{table}` in region `{region}`, or use other \
         credentials{}",
        message.as_deref().map(|message| format!(" (AWS reports: {})", escape_line(message))).unwrap_or_default()
    )]
    AccessDenied {
        /// The operation.
        operation: &'static str,
        /// The table.
        table: String,
        /// The region.
        region: String,
        /// AWS's message, which names the principal.
        message: Option<String>,
    },
    /// An endpoint of AWS cannot be reached.
    #[error("cannot reach `{endpoint}`: {failure}")]
    Unreachable {
        /// The origin of the URL.
        endpoint: String,
        /// The cause.
        failure: ConnectionFailure,
    },
}

/// Why a request got no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionFailure {
    /// The host name has no address, or no name server answers.
    NameNotResolved,
    /// No service listens at the address.
    Refused,
    /// The connection was not opened in time.
    ConnectTimedOut,
    /// The response did not arrive in time.
    ResponseTimedOut,
    /// The TLS handshake failed.
    Tls(String),
    /// Any other failure.
    Other(String),
}

impl DeploymentError {
    /// The exit code, see [`crate::error::Error::exit_code`].
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoRegion => 2,
            Self::NoCredentials { .. }
            | Self::UndefinedProfile(_)
            | Self::InvalidProfile { .. }
            | Self::SsoSession { .. }
            | Self::LoginSession { .. }
            | Self::CredentialProcess { .. }
            | Self::CredentialSource { .. }
            | Self::CredentialsRejected { .. }
            | Self::AccessDenied { .. } => 3,
            Self::TableNotFound { .. } => 4,
            Self::Unreachable { .. } => 6,
        }
    }
}

impl fmt::Display for ConnectionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameNotResolved => {
                f.write_str("its host name cannot be resolved: check the network connection and the region")
            }
            Self::Refused => {
                f.write_str("the connection was refused: check the endpoint and the proxy in `HTTPS_PROXY`")
            }
            Self::ConnectTimedOut => {
                f.write_str("the connection timed out: check the network connection and the proxy in `HTTPS_PROXY`")
            }
            Self::ResponseTimedOut => {
                f.write_str("the response timed out: check the network connection, then try again")
            }
            Self::Tls(reason) => write!(
                f,
                "TLS failed ({}): check the endpoint; if a proxy replaces certificates, set `SSL_CERT_FILE` to a file with its \
                 root certificate",
                escape_line(reason)
            ),
            Self::Other(reason) => write!(f, "{}: check the network connection", escape_line(reason)),
        }
    }
}
