//! Rules for the `OpenAPI` document that its schemas cannot express.

use contract_tests::{operations, resolve};

#[test]
fn operation_ids_match_the_contract() {
    let mut ids: Vec<_> = operations().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let contract = [
        "createAccessToken",
        "getAccessToken",
        "getAccessTokenJwks",
        "getAccessTokenOIDC",
        "getOpenApi",
        "getPublicTokenJwks",
        "getPublicTokenOIDC",
        "listAccessTokens",
        "listCurrentRoles",
        "revokeAccessToken",
    ];
    assert_eq!(ids, contract);
}

/// Success is `application/json` and every error is `application/problem+json` (RFC 9457).
#[test]
fn every_response_has_one_media_type_and_an_example() {
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let media_type = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
            let contents: Vec<_> = resolve(response)["content"].as_object().unwrap().iter().collect();
            assert_eq!(contents.len(), 1, "{method} {path} {status}");
            assert_eq!(contents[0].0, media_type, "{method} {path} {status}");
            assert!(contents[0].1.get("example").is_some(), "{method} {path} {status}");
        }
    }
}
