//! Tests signature verification with the vectors of Project Wycheproof, which cover known errors of other
//! implementations.

#![expect(clippy::print_stdout, reason = "a test prints its number of vectors")]

use std::fmt::Debug;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify as rsa};

use super::{Alg, VerifyingKey, p256_signature_from_der};

/// Results of one set of vectors.
#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    /// The vectors whose result differs from the expected one or whose expected result is open: number, comment, flags
    /// and results.
    others: Vec<String>,
}

impl Tally {
    fn count(&mut self, id: usize, comment: &str, flags: &impl Debug, expected: TestResult, accepted: bool) {
        match (expected, accepted) {
            (TestResult::Valid, true) => self.accepted += 1,
            (TestResult::Invalid, false) => self.rejected += 1,
            _ => {
                let result = if accepted { "accepted" } else { "rejected" };
                self.others.push(format!("{id} {comment} {flags:?} {expected:?}: {result}"));
            }
        }
    }

    #[track_caller]
    fn assert(&self, name: &str, accepted: usize, rejected: usize, others: &[&str]) {
        println!("{name}: {} accepted, {} rejected, {} other", self.accepted, self.rejected, self.others.len());
        assert_eq!(self.others, others);
        assert_eq!((self.accepted, self.rejected), (accepted, rejected), "number of vectors");
    }
}

/// Runs the vectors of P-256 with SHA-256. `fixed` converts a signature to the fixed-length form of JOSE, if it is
/// valid.
fn ecdsa(name: ecdsa::TestName, fixed: fn(&[u8]) -> Option<Vec<u8>>) -> Tally {
    let mut tally = Tally::default();
    for group in ecdsa::TestSet::load(name).unwrap().test_groups {
        let key = VerifyingKey::from_spki(&group.der, Alg::Es256).unwrap();
        for test in group.tests {
            let accepted = fixed(&test.sig).is_some_and(|sig| key.verifies(&test.msg, &URL_SAFE_NO_PAD.encode(sig)));
            tally.count(test.tc_id, &test.comment, &test.flags, test.result, accepted);
        }
    }
    tally
}

/// Runs the vectors of RSASSA-PKCS1-v1_5 with SHA-256.
fn rsa(name: rsa::TestName) -> Tally {
    let mut tally = Tally::default();
    for group in rsa::TestSet::load(name).unwrap().test_groups {
        let key = VerifyingKey::from_spki(&group.der, Alg::Rs256).unwrap();
        for test in group.tests {
            let accepted = key.verifies(&test.msg, &URL_SAFE_NO_PAD.encode(&test.sig));
            tally.count(test.tc_id, &test.comment, &test.flags, test.result, accepted);
        }
    }
    tally
}

#[test]
fn fixed_length_ecdsa_vectors_have_the_expected_result() {
    let tally = ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256P1363, |signature| Some(signature.to_vec()));
    tally.assert("ES256", 173, 89, &[]);
}

#[test]
fn der_ecdsa_vectors_have_the_expected_result() {
    let fixed = |der: &[u8]| p256_signature_from_der(der).ok().map(|signature| signature.to_vec());
    let tally = ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256, fixed);
    tally.assert("ES256 from DER", 174, 310, &[]);
}

#[test]
fn rsa_vectors_have_the_expected_result() {
    // RFC 8017, section 9.2: a verifier encodes the expected value, which contains the NULL, and compares.
    let missing_null = |id| format!("{id} Missing NULL in the ASN encoding [MissingNull] Acceptable: rejected");
    for (name, bits, accepted, rejected, open) in [
        (rsa::TestName::Rsa2048Sha256, 2048, 9, 249, 8),
        (rsa::TestName::Rsa3072Sha256, 3072, 8, 250, 8),
        (rsa::TestName::Rsa4096Sha256, 4096, 7, 250, 8),
    ] {
        rsa(name).assert(&format!("RS256, {bits} bits"), accepted, rejected, &[&missing_null(open)]);
    }
}

#[test]
fn key_of_unsupported_size_or_curve_is_rejected() {
    let large = rsa::TestSet::load(rsa::TestName::Rsa8192Sha256).unwrap().test_groups;
    let large = large.iter().map(|group| (&group.der, Alg::Rs256));
    let other_curves = [ecdsa::TestName::EcdsaSecp384r1Sha256, ecdsa::TestName::EcdsaSecp256k1Sha256];
    let other_curves = other_curves.map(|name| ecdsa::TestSet::load(name).unwrap().test_groups).concat();
    let other_curves = other_curves.iter().map(|group| (&group.der, Alg::Es256));
    let keys: Vec<_> = large.chain(other_curves).collect();
    assert!(keys.len() > 100, "{}", keys.len());
    for (der, alg) in keys {
        assert!(VerifyingKey::from_spki(der, alg).is_err(), "{alg:?}");
    }
}
