//! ECDSA signatures: from the DER that KMS gives to the fixed form that JOSE wants.

/// A signature that is no DER `Ecdsa-Sig-Value` over P-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signature is no DER encoding of two positive integers of 256 bits at most")]
pub struct DerError;

/// `r` and `s` of a DER `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3), each as 32 bytes, big-endian (RFC 7518, section 3.4).
///
/// Strict: definite minimal lengths, positive minimal integers, nothing behind.
///
/// # Errors
///
/// [`DerError`] for anything else.
pub fn p256_signature_from_der(der: &[u8]) -> Result<[u8; 64], DerError> {
    let (body, rest) = element(der, 0x30)?;
    let (r, body_rest) = element(body, 0x02)?;
    let (s, end) = element(body_rest, 0x02)?;
    if !rest.is_empty() || !end.is_empty() {
        return Err(DerError);
    }
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&unsigned(r)?);
    signature[32..].copy_from_slice(&unsigned(s)?);
    Ok(signature)
}

/// The content of the element with this tag at the start of `input`, and what follows. A P-256 signature has 72 bytes at
/// most, so only the short form of lengths (X.690, section 8.1.3.4) can be minimal.
fn element(input: &[u8], tag: u8) -> Result<(&[u8], &[u8]), DerError> {
    match input {
        [first, length, content @ ..] if *first == tag && *length < 0x80 => {
            content.split_at_checked(usize::from(*length)).ok_or(DerError)
        }
        _ => Err(DerError),
    }
}

/// A positive integer (X.690, section 8.3) as 32 bytes, filled up with zeros in front.
fn unsigned(content: &[u8]) -> Result<[u8; 32], DerError> {
    let magnitude = match content {
        [0, next, ..] if *next < 0x80 => return Err(DerError),
        [0, magnitude @ ..] if !magnitude.is_empty() => magnitude,
        [first, ..] if (1..0x80).contains(first) => content,
        _ => return Err(DerError),
    };
    let mut fixed = [0; 32];
    let start = fixed.len().checked_sub(magnitude.len()).ok_or(DerError)?;
    fixed[start..].copy_from_slice(magnitude);
    Ok(fixed)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
        },
    };
    use proptest::prelude::*;

    use super::*;

    fn integer(bytes: &[u8]) -> Vec<u8> {
        [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
        let body = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
    }

    #[test]
    fn short_and_high_integers_are_filled_up_and_stripped() {
        let high = [&[0][..], &[0xff; 32]].concat();
        let signature = p256_signature_from_der(&sequence(&[1], &high)).unwrap();
        assert_eq!(signature[..31], [0; 31]);
        assert_eq!(signature[31], 1);
        assert_eq!(signature[32..], [0xff; 32]);
    }

    #[test]
    fn anything_but_minimal_positive_integers_is_refused() {
        let good = sequence(&[1], &[1]);
        assert!(p256_signature_from_der(&good).is_ok());
        for bad in [
            vec![],
            good[..7].to_vec(),
            [&good[..], &[0]].concat(),
            [&[0x31], &good[1..]].concat(),
            [&[0x30, 0x81, 6], &good[2..]].concat(),
            sequence(&[], &[1]),
            sequence(&[0], &[1]),
            sequence(&[0, 1], &[1]),
            sequence(&[0x80], &[1]),
            sequence(&[1; 33], &[1]),
            [&[0x30, 9], &integer(&[1])[..], &integer(&[1]), &integer(&[1])].concat(),
        ] {
            assert_eq!(p256_signature_from_der(&bad), Err(DerError), "{bad:?}");
        }
    }

    #[test]
    fn a_signature_still_verifies_in_the_fixed_form() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
        for n in 0..200_u8 {
            let der = pair.sign(&SystemRandom::new(), &[n]).unwrap();
            let fixed = p256_signature_from_der(der.as_ref()).unwrap();
            assert!(public.verify(&[n], &fixed).is_ok());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = p256_signature_from_der(&bytes);
        }
    }
}
