//! Converts ECDSA signatures from the DER encoding that KMS returns to the fixed-length form of JOSE.

use der::{Decode, Reader, SliceReader, asn1::UintRef};

/// The signature is not the DER encoding of an `Ecdsa-Sig-Value` over P-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not the DER encoding of two positive integers of at most 256 bits")]
pub struct DerError;

/// `r` and `s` of a DER `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3), each as 32 bytes, big-endian (RFC 7518, section
/// 3.4).
///
/// Each pair of integers has exactly one accepted encoding: definite minimal lengths, positive minimal integers, and no
/// trailing bytes.
///
/// # Errors
///
/// Returns [`DerError`] for any other input.
pub fn p256_signature_from_der(der: &[u8]) -> Result<[u8; 64], DerError> {
    let (r, s) = integers(der).map_err(|_| DerError)?;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&fixed_length(r)?);
    signature[32..].copy_from_slice(&fixed_length(s)?);
    Ok(signature)
}

/// The two non-negative integers of a `SEQUENCE` without other elements.
fn integers(der: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
    let mut reader = SliceReader::new(der)?;
    let integers = reader.sequence(|body| Ok::<_, der::Error>((UintRef::decode(body)?, UintRef::decode(body)?)))?;
    reader.finish()?;
    Ok(integers)
}

/// A positive integer as 32 bytes, padded with leading zeros.
fn fixed_length(integer: UintRef<'_>) -> Result<[u8; 32], DerError> {
    let magnitude = integer.as_bytes();
    let mut fixed = [0; 32];
    let start = fixed.len().checked_sub(magnitude.len()).ok_or(DerError)?;
    fixed[start..].copy_from_slice(magnitude);
    if fixed == [0; 32] { Err(DerError) } else { Ok(fixed) }
}

#[cfg(test)]
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
    fn der_integers_are_padded_and_stripped_to_32_bytes() {
        let high = [&[0][..], &[0xff; 32]].concat();
        let signature = p256_signature_from_der(&sequence(&[1], &high)).unwrap();
        assert_eq!(signature[..31], [0; 31]);
        assert_eq!(signature[31], 1);
        assert_eq!(signature[32..], [0xff; 32]);
    }

    #[test]
    fn der_without_minimal_positive_integers_is_rejected() {
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
    fn converted_signature_verifies() {
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
        fn der_conversion_of_any_bytes_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = p256_signature_from_der(&bytes);
        }
    }
}
