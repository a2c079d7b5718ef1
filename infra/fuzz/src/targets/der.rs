//! ECDSA signatures in DER.

use der::{Decode, Encode, Reader, SliceReader, asn1::UintRef};
use shared::jwt::p256_signature_from_der;

use super::Target;

pub(super) const TARGET: Target = Target { name: "der", run, seeds };

/// The conversion takes what a strict reader of DER takes, if both integers are of 1 to 256 bits, and nothing else; and what it
/// makes of it is the same two integers, from which the same bytes can be made again.
fn run(bytes: &[u8]) {
    let expected = strict(bytes);
    let converted = p256_signature_from_der(bytes).ok();
    assert_eq!(converted, expected, "the two readers differ");
    if let Some(signature) = converted {
        assert_eq!(written(&signature), bytes, "it is not the one encoding of its integers");
    }
}

/// The signature as the other reader has it.
fn strict(bytes: &[u8]) -> Option<[u8; 64]> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let pair = |inner: &mut SliceReader<'_>| Ok::<_, der::Error>((fixed(inner)?, fixed(inner)?));
    let (r, s) = reader.sequence(pair).ok()?;
    reader.finish().ok()?;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r?);
    signature[32..].copy_from_slice(&s?);
    Some(signature)
}

/// An integer as 32 bytes; `None` where it is zero or has more.
fn fixed(reader: &mut SliceReader<'_>) -> der::Result<Option<[u8; 32]>> {
    let integer = UintRef::decode(reader)?;
    let bytes = integer.as_bytes();
    let mut filled = [0; 32];
    let fits = bytes.len() <= 32 && bytes.iter().any(|byte| *byte != 0);
    Ok(fits.then(|| {
        filled[32 - bytes.len()..].copy_from_slice(bytes);
        filled
    }))
}

fn written(signature: &[u8; 64]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let (r, s) = (UintRef::new(r).unwrap(), UintRef::new(s).unwrap());
    let mut buffer = [0; 80];
    let mut writer = der::SliceWriter::new(&mut buffer);
    writer
        .sequence((r.encoded_len().unwrap() + s.encoded_len().unwrap()).unwrap(), |inner| {
            r.encode(inner)?;
            s.encode(inner)
        })
        .unwrap();
    writer.finish().unwrap().to_vec()
}

fn seeds() -> Vec<Vec<u8>> {
    let integers: [&[u8]; 5] = [&[1], &[0x7f; 32], &[0xff; 32], &[0x80], &[1; 31]];
    let fixed = |integer: &[u8]| [vec![0; 32 - integer.len()], integer.to_vec()].concat();
    let signature = |r, s| written(&[fixed(r), fixed(s)].concat().try_into().unwrap());
    integers.iter().flat_map(|r| integers.iter().map(|s| signature(r, s))).collect()
}
