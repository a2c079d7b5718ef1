//! Target `ecdsa-der`: ECDSA signatures in DER, the encoding that KMS returns.

use der::{Decode, Encode, Reader, SliceReader, asn1::UintRef};
use shared::jwt::p256_signature_from_der;

use super::Target;

pub(super) const TARGET: Target = Target { name: "ecdsa-der", run, seeds };

/// The conversion accepts a signature if and only if a strict DER parser does and both integers have 1 to 256 bits. The
/// result has the same integers, and encoding them returns the input.
fn run(bytes: &[u8]) {
    let converted = p256_signature_from_der(bytes).ok();
    assert_eq!(converted, parse(bytes), "the results differ");
    if let Some(signature) = converted {
        assert_eq!(encode(&signature), bytes, "the encoding is not canonical");
    }
}

/// Reference implementation of the conversion.
fn parse(bytes: &[u8]) -> Option<[u8; 64]> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let integers = |inner: &mut SliceReader<'_>| Ok::<_, der::Error>((parse_integer(inner)?, parse_integer(inner)?));
    let (r, s) = reader.sequence(integers).ok()?;
    reader.finish().ok()?;
    [r?, s?].concat().try_into().ok()
}

/// An integer as 32 bytes; `None` if it is zero or longer.
fn parse_integer(reader: &mut SliceReader<'_>) -> der::Result<Option<[u8; 32]>> {
    let integer = UintRef::decode(reader)?;
    let bytes = integer.as_bytes();
    let has_size = bytes.len() <= 32 && bytes.iter().any(|byte| *byte != 0);
    Ok(has_size.then(|| pad(bytes)))
}

/// An integer of at most 32 bytes, padded with zeros.
fn pad(integer: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    padded[32 - integer.len()..].copy_from_slice(integer);
    padded
}

fn encode(signature: &[u8; 64]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let r = UintRef::new(r).unwrap();
    let s = UintRef::new(s).unwrap();
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
    let signature = |r, s| encode(&[pad(r), pad(s)].concat().try_into().unwrap());
    integers.iter().flat_map(|r| integers.iter().map(|s| signature(r, s))).collect()
}
