//! Verifies each token of the standard input with the Rust recipe of `docs/verify-offline.md`, and writes one line of
//! JSON for each: `{"claims": …}` or `{"error": …}`. Arguments: the base URL of Latchkey, and the token family.

use std::{env, error::Error, io};

use serde_json::json;

/// The recipe, with the issuer of the access family.
mod access {
    include!(concat!(env!("OUT_DIR"), "/access.rs"));
}

/// The recipe, with the issuer of the public family.
mod public {
    include!(concat!(env!("OUT_DIR"), "/public.rs"));
}

/// Verifies the tokens with the recipe in a module.
macro_rules! verify_tokens {
    ($recipe:ident, $base:expr) => {{
        let verifier = $recipe::Verifier::new($base)?;
        for token in io::stdin().lines() {
            let result = match verifier.verify(&token?).await {
                Ok($recipe::Claims { sub, jti, org_id, iat, exp, assume_roles, deny_roles }) => json!({"claims": {
                    "sub": sub, "jti": jti, "org_id": org_id, "iat": iat, "exp": exp, "assume_roles": assume_roles,
                    "deny_roles": deny_roles,
                }}),
                Err(error) => json!({"error": error.to_string()}),
            };
            println!("{result}");
        }
    }};
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [base, "access"] => verify_tokens!(access, base),
        [base, "public"] => verify_tokens!(public, base),
        _ => return Err("arguments: BASE_URL access|public".into()),
    }
    Ok(())
}
