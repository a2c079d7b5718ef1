//! A certificate chain like that of AWS: RSA-2048 keys, one intermediate, and the cipher suite that AWS selects.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize,
};
use tokio_rustls::rustls::{
    CipherSuite, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::PrivateKeyDer,
};

use crate::stack::Result;

/// A server for `localhost` and the root certificate to trust.
pub struct Certificates {
    pub root: String,
    pub server: ServerConfig,
}

impl Certificates {
    pub fn generate() -> Result<Self> {
        let root = CertifiedIssuer::self_signed(authority("Root"), rsa_key()?)?;
        let intermediate = CertifiedIssuer::signed_by(authority("Intermediate"), rsa_key()?, &root)?;
        let key = rsa_key()?;
        let leaf = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &intermediate)?;
        let chain = vec![leaf.der().clone(), intermediate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let builder = ServerConfig::builder_with_provider(aws_cipher_order().into());
        let mut server =
            builder.with_safe_default_protocol_versions()?.with_no_client_auth().with_single_cert(chain, key)?;
        server.ignore_client_order = true;
        Ok(Self { root: root.pem(), server })
    }
}

/// AWS's endpoints use s2n, which prefers AES-128 (<https://github.com/aws/s2n-tls>, `tls/s2n_cipher_preferences.c`).
fn aws_cipher_order() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    provider
}

fn rsa_key() -> Result<KeyPair> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?)
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::SupportedCipherSuite;

    use super::*;

    #[test]
    fn server_prefers_aes_128_over_the_clients_order() {
        let server = Certificates::generate().unwrap().server;
        assert!(server.ignore_client_order);
        let preferred = server.crypto_provider().cipher_suites.first().map(SupportedCipherSuite::suite);
        assert_eq!(preferred, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
    }
}
