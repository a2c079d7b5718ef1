//! The two token families of a service: their paths, issuers and default audience.

/// The path of the token endpoints below the base URL.
pub const ACCESS_TOKENS_PATH: &str = "/v1/access-tokens";

/// A family of token types with its own issuer and signing keys.
pub struct TokenFamily {
    /// The name in tables and JSON output.
    pub name: &'static str,
    /// The path that follows the base URL in the issuer.
    issuer_path: &'static str,
}

/// Both families. Other arrays with an element per family use this order.
pub const FAMILIES: [TokenFamily; 2] = [
    TokenFamily { name: "access", issuer_path: ACCESS_TOKENS_PATH },
    TokenFamily { name: "public", issuer_path: "/v1/access-tokens/public" },
];

impl TokenFamily {
    /// The path of the published JWK set.
    #[must_use]
    pub fn jwks_path(&self) -> String {
        format!("{}/.well-known/jwks.json", self.issuer_path)
    }
}

/// Returns the issuers of both families of the service at `base_url`, which has no trailing slash.
#[must_use]
pub fn issuers(base_url: &str) -> [String; 2] {
    FAMILIES.map(|family| format!("{base_url}{}", family.issuer_path))
}

/// Returns the audience of `issuer`'s tokens unless the operator configures another: the base URL.
#[must_use]
pub fn default_audience(issuer: &str) -> Option<String> {
    FAMILIES.iter().find_map(|family| issuer.strip_suffix(family.issuer_path)).map(ToOwned::to_owned)
}
