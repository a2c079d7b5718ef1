//! KMS keys.

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use super::{TemplateError, resolver::Resolver, resource::Resource};

/// A KMS key for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The logical id.
    pub logical_id: String,
    /// The key id in the format of a UUID, derived from the logical id and the spec.
    pub id: String,
    /// The ARN, which ends with the id.
    pub arn: String,
    /// The `KeySpec`: `RSA_2048`, `RSA_3072` or `ECC_NIST_P256`.
    pub spec: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    key_spec: String,
}

/// Reads the keys and defines their names. An id depends on the spec, which may depend on a parameter.
pub(super) fn define(resolver: &mut Resolver, resources: &[Resource]) -> Result<Vec<Key>, TemplateError> {
    let keys = resources.iter().filter(|resource| resource.type_name == "AWS::KMS::Key");
    keys.map(|resource| key(resolver, resource)).collect()
}

fn key(resolver: &mut Resolver, resource: &Resource) -> Result<Key, TemplateError> {
    let Properties { key_spec: spec } = resource.properties(resolver, &["KeySpec"])?;
    if !matches!(spec.as_str(), "RSA_2048" | "RSA_3072" | "ECC_NIST_P256") {
        return Err(TemplateError::invalid(&resource.path(), format!("key spec `{spec}` is not supported")));
    }
    let id = derived_id(resource.logical_id, &spec);
    resolver.define(resource.logical_id, id.clone());
    let arn = resolver.define_arn(resource.logical_id, "kms", &format!("key/{id}"));
    Ok(Key { logical_id: resource.logical_id.to_owned(), id, arn, spec })
}

/// A UUID of version 8, whose bits the application chooses (RFC 9562, section 5.8).
fn derived_id(logical_id: &str, spec: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, format!("{logical_id}:{spec}").as_bytes()).as_ref()[..16]);
    bytes[6] = 0x80 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::derived_id;

    #[test]
    fn derived_id_is_a_version_8_uuid() {
        let id = derived_id("AccessKey", "RSA_2048");
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'8', "version");
        assert!(b"89ab".contains(&id.as_bytes()[19]), "variant: {id}");
    }

    #[test]
    fn derived_id_changes_with_logical_id_and_spec_only() {
        assert_eq!(derived_id("AccessKey", "RSA_2048"), derived_id("AccessKey", "RSA_2048"));
        assert_ne!(derived_id("AccessKey", "RSA_2048"), derived_id("AccessKey", "ECC_NIST_P256"));
        assert_ne!(derived_id("AccessKey", "RSA_2048"), derived_id("PublicKey", "RSA_2048"));
    }
}
