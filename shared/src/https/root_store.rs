//! Root certificates that TLS connections trust.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The root certificates of AWS's endpoints: Amazon Root CA 1 to 4 and Starfield Services Root CA G2
/// (<https://www.amazontrust.com/repository/>).
const AMAZON_ROOTS: &str = include_str!("roots.pem");

/// The root certificates that a connection trusts.
#[derive(Debug, Clone, Default)]
pub enum RootStore {
    /// Amazon's root certificates, which are built in: reading those of the operating system would take most of a
    /// function's start.
    #[default]
    Amazon,
    /// Only these certificates.
    Only(RootCertificates),
    /// The root certificates of the operating system.
    System,
}

/// Valid root certificates in PEM (RFC 7468).
#[derive(Debug, Clone)]
pub struct RootCertificates(String);

/// Why a bundle of root certificates is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootCertificatesError {
    /// A section is not valid PEM.
    #[error("contains an invalid PEM section")]
    Pem,
    /// The bundle contains no certificate.
    #[error("contains no PEM certificate")]
    Empty,
    /// The certificate with this number, counted from 1, is invalid.
    #[error("certificate {0} is not a valid X.509 certificate")]
    Certificate(usize),
}

/// TLS cannot be configured with the given root certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("TLS cannot be configured: {0}")]
pub struct TlsError(String);

impl RootCertificates {
    /// Checks a bundle of PEM certificates, because the SDK panics on an invalid one.
    ///
    /// # Errors
    ///
    /// Returns [`RootCertificatesError`] if the bundle is empty or contains an invalid section or certificate.
    pub fn read(pem: String) -> Result<Self, RootCertificatesError> {
        let mut roots = RootCertStore::empty();
        for (number, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let certificate = certificate.map_err(|_| RootCertificatesError::Pem)?;
            roots.add(certificate).map_err(|_| RootCertificatesError::Certificate(number + 1))?;
        }
        if roots.is_empty() { Err(RootCertificatesError::Empty) } else { Ok(Self(pem)) }
    }
}

impl RootStore {
    /// The HTTP client of every call to AWS.
    ///
    /// # Errors
    ///
    /// Returns [`TlsError`] if TLS cannot be configured.
    pub(crate) fn client(self) -> Result<SharedHttpClient, TlsError> {
        Ok(Builder::new().tls_provider(tls()).tls_context(self.context()?).build_https())
    }

    /// The TLS configuration of the SDKs' HTTP client.
    pub(super) fn context(self) -> Result<TlsContext, TlsError> {
        let roots = match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            Self::Only(RootCertificates(pem)) => TrustStore::empty().with_pem_certificate(pem),
            Self::System => TrustStore::default(),
        };
        context(roots)
    }
}

/// A TLS configuration that trusts no certificate, for connections without TLS.
pub(super) fn no_roots() -> Result<TlsContext, TlsError> {
    context(TrustStore::empty())
}

fn context(roots: TrustStore) -> Result<TlsContext, TlsError> {
    let context = TlsContext::builder().with_trust_store(roots).build();
    context.map_err(|error| TlsError(error.to_string()))
}

/// The TLS implementation of every connection.
pub(super) fn tls() -> Provider {
    Provider::Rustls(CryptoMode::AwsLc)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;

    /// SHA-256 fingerprints from <https://www.amazontrust.com/repository/>.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn built_in_root_certificates_are_amazons_and_valid() {
        let roots = CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes()).map(Result::unwrap);
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let found = roots.map(|root| hex(digest(&SHA256, &root).as_ref()));
        assert_eq!(found.collect::<Vec<String>>(), FINGERPRINTS);
        assert!(RootCertificates::read(AMAZON_ROOTS.to_owned()).is_ok());
    }

    #[test]
    fn invalid_root_certificate_bundle_is_rejected() {
        let [begin, end] = ["BEGIN", "END"].map(|word| format!("-----{word} CERTIFICATE-----\n"));
        for (bundle, error) in [
            (String::new(), RootCertificatesError::Empty),
            ("no certificate".to_owned(), RootCertificatesError::Empty),
            (format!("{begin}no*base64\n{end}"), RootCertificatesError::Pem),
            (format!("{begin}AAAA\n"), RootCertificatesError::Pem),
            (format!("{AMAZON_ROOTS}{begin}AAAA\n{end}"), RootCertificatesError::Certificate(6)),
        ] {
            assert_eq!(RootCertificates::read(bundle.clone()).err(), Some(error), "{bundle}");
        }
    }
}
