//! Certificates such as AWS has: an RSA key of 2,048 bits below an intermediate below a root.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};
use tokio_rustls::rustls::{
    CipherSuite, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::stack::Outcome;

/// A root of our own, and a server for `localhost` whom it vouches for.
pub struct Certificates {
    /// The root, in PEM.
    pub root: String,
    /// The server's side.
    pub server: ServerConfig,
}

impl Certificates {
    /// New ones.
    pub fn make() -> Outcome<Self> {
        let root = CertifiedIssuer::self_signed(authority("Root"), key()?)?;
        let between = CertifiedIssuer::signed_by(authority("Intermediate"), key()?, &root)?;
        let (leaf, own) = leaf(&between)?;
        let chain = vec![leaf, between.der().clone()];
        let server = ServerConfig::builder_with_provider(suites().into()).with_safe_default_protocol_versions()?;
        let mut server = server.with_no_client_auth().with_single_cert(chain, own)?;
        server.ignore_client_order = true;
        Ok(Self { root: root.pem(), server })
    }
}

/// The order of s2n, by which AWS's endpoints choose: AES with 128 bits first (<https://github.com/aws/s2n-tls>,
/// `tls/s2n_cipher_preferences.c`).
fn suites() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    provider
}

fn leaf(issuer: &Issuer<'_, KeyPair>) -> Outcome<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let (key, names) = (key()?, vec!["localhost".to_owned()]);
    let leaf = CertificateParams::new(names)?.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    Ok((leaf.der().clone(), key))
}

fn key() -> Outcome<KeyPair> {
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
    use tokio_rustls::rustls::{
        ClientConfig, ClientConnection, RootCertStore, ServerConnection, pki_types::pem::PemObject,
    };

    use super::*;

    #[test]
    fn whoever_trusts_the_root_and_would_rather_have_more_bits_gets_aes_with_128() {
        let Certificates { root, server } = Certificates::make().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let mut client = ClientConnection::new(client.into(), "localhost".try_into().unwrap()).unwrap();
        let mut server = ServerConnection::new(server.into()).unwrap();
        while client.is_handshaking() {
            let (mut asked, mut answered) = (Vec::new(), Vec::new());
            client.write_tls(&mut asked).unwrap();
            server.read_tls(&mut asked.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            server.write_tls(&mut answered).unwrap();
            client.read_tls(&mut answered.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        let suite = client.negotiated_cipher_suite().map(|suite| suite.suite());
        assert_eq!(suite, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
    }
}
