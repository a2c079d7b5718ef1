//! Signatures that other implementations took wrongly or refused wrongly: Project Wycheproof's vectors for what is used here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test prints how much it has seen")]

use std::fmt::Debug;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify as rsa};

use super::{Alg, VerifyingKey, p256_signature_from_der};

/// How one set of vectors went.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    /// Each vector of which Wycheproof says something else than we, or leaves it open: its number, its words, and what we do.
    others: Vec<String>,
}

impl Tally {
    fn count(&mut self, id: usize, words: &str, flags: &impl Debug, expected: TestResult, accepted: bool) {
        match (expected, accepted) {
            (TestResult::Valid, true) => self.accepted += 1,
            (TestResult::Invalid, false) => self.refused += 1,
            _ => {
                let told = if accepted { "accepted" } else { "refused" };
                self.others.push(format!("{id} {words} {flags:?} {expected:?}: {told}"));
            }
        }
    }

    #[track_caller]
    fn assert(&self, name: &str, accepted: usize, refused: usize, others: &[&str]) {
        println!("{name}: {} accepted, {} refused, {} other", self.accepted, self.refused, self.others.len());
        assert_eq!(self.others, others);
        assert_eq!((self.accepted, self.refused), (accepted, refused), "so many vectors there are");
    }
}

/// The vectors of P-256 with SHA-256, whose signatures `fixed` brings into JOSE's form, where they can be.
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

/// The vectors of RSASSA-PKCS1-v1_5 with SHA-256.
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
fn ecdsa_signatures_in_the_form_of_jose_are_taken_as_wycheproof_says() {
    let tally = ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256P1363, |signature| Some(signature.to_vec()));
    tally.assert("ES256", 173, 89, &[]);
}

#[test]
fn ecdsa_signatures_in_der_are_taken_as_wycheproof_says() {
    let fixed = |der: &[u8]| p256_signature_from_der(der).ok().map(|signature| signature.to_vec());
    let tally = ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256, fixed);
    tally.assert("ES256 from DER", 174, 310, &[]);
}

#[test]
fn rsa_signatures_are_taken_as_wycheproof_says() {
    // RFC 8017, section 9.2: the encoding to compare with has the NULL, and a verifier makes it and compares.
    let missing_null = |id| format!("{id} Missing NULL in the ASN encoding [MissingNull] Acceptable: refused");
    for (name, bits, accepted, refused, open) in [
        (rsa::TestName::Rsa2048Sha256, 2048, 9, 249, 8),
        (rsa::TestName::Rsa3072Sha256, 3072, 8, 250, 8),
        (rsa::TestName::Rsa4096Sha256, 4096, 7, 250, 8),
    ] {
        rsa(name).assert(&format!("RS256, {bits} bits"), accepted, refused, &[&missing_null(open)]);
    }
}

#[test]
fn a_key_of_a_size_or_curve_that_is_not_used_verifies_nothing_however_good_its_signatures() {
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
