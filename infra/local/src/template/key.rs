//! KMS keys.

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use super::{TemplateError, resource::Resource, scope::Scope};

/// A KMS key for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name in the template.
    pub logical_id: String,
    /// Its id, shaped like a UUID: the same at each start, another one for another spec.
    pub id: String,
    /// Its ARN, which ends with the id.
    pub arn: String,
    /// What kind of key it is, in KMS's words: `RSA_2048`, `RSA_3072` or `ECC_NIST_P256`.
    pub spec: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    key_spec: String,
}

/// Reads the keys and gives each its name. They come first, since an id depends on the spec and that on a parameter.
pub(super) fn define(scope: &mut Scope, resources: &[Resource]) -> Result<Vec<Key>, TemplateError> {
    let keys = resources.iter().filter(|resource| resource.kind == "AWS::KMS::Key");
    keys.map(|resource| key(scope, resource)).collect()
}

fn key(scope: &mut Scope, resource: &Resource) -> Result<Key, TemplateError> {
    let Properties { key_spec: spec } = resource.properties(scope, &["KeySpec"])?;
    if !matches!(spec.as_str(), "RSA_2048" | "RSA_3072" | "ECC_NIST_P256") {
        return Err(TemplateError::refused(&resource.place(), format!("a key of spec `{spec}` is not understood")));
    }
    let id = stable_id(resource.id, &spec);
    scope.define(resource.id, id.clone());
    let arn = scope.define_arn(resource.id, "kms", &format!("key/{id}"));
    Ok(Key { logical_id: resource.id.to_owned(), id, arn, spec })
}

/// RFC 9562, section 5.8: version 8 is for a UUID whose bits one chooses.
fn stable_id(logical_id: &str, spec: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, format!("{logical_id}:{spec}").as_bytes()).as_ref()[..16]);
    uuid(bytes, 8)
}

/// The UUID of this version (1 to 15) out of these bytes, written as in RFC 9562, section 4.
pub(crate) fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = version << 4 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::{stable_id, uuid};

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        assert_eq!(uuid([0; 16], 4), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid([0xff; 16], 8), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_key_keeps_its_id_until_its_spec_changes() {
        assert_eq!(stable_id("AccessKey", "RSA_2048"), stable_id("AccessKey", "RSA_2048"));
        assert_ne!(stable_id("AccessKey", "RSA_2048"), stable_id("AccessKey", "ECC_NIST_P256"));
        assert_ne!(stable_id("AccessKey", "RSA_2048"), stable_id("PublicKey", "RSA_2048"));
    }
}
