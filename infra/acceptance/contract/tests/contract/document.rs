//! Rules for the `OpenAPI` document that its schemas cannot express.

use contract_tests::{DOCUMENT, operations, resolve};
use serde_json::{Value, json};

#[test]
fn operation_ids_match_the_contract() {
    let mut ids: Vec<_> = operations().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let contract = [
        "addAssignment",
        "assignRoles",
        "createAccessToken",
        "createRole",
        "deleteRole",
        "getAccessToken",
        "getAccessTokenJwks",
        "getAccessTokenOIDC",
        "getAssignedRolesForUser",
        "getOpenApi",
        "getPublicTokenJwks",
        "getPublicTokenOIDC",
        "getRole",
        "headAccessTokenJwks",
        "headAccessTokenOIDC",
        "headOpenApi",
        "headPublicTokenJwks",
        "headPublicTokenOIDC",
        "listAccessTokens",
        "listAllAssignments",
        "listAllRoles",
        "listCurrentRoles",
        "putRole",
        "removeAssignment",
        "revokeAccessToken",
        "revokeAccessTokens",
        "rotateAccessToken",
        "simulatePermission",
        "updateAccessToken",
    ];
    assert_eq!(ids, contract);
}

/// The document, the template, the README and the workspace have one version, which the functions and the commands report.
#[test]
fn documents_and_template_have_version_of_workspace() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(DOCUMENT["info"]["version"], version);
    let template = include_str!("../../../../../template.yaml");
    assert!(template.contains(&format!("\n  Version: {version}\n")), "template.yaml has another version");
    let readme = include_str!("../../../../../README.md");
    assert!(readme.contains(&format!("/badge/version-{version}-")), "README.md has another version");
}

/// Success is `application/json` and every error is `application/problem+json` (RFC 9457). A response to `HEAD` has no content.
#[test]
fn every_response_has_one_media_type_and_an_example() {
    for (path, method, operation) in operations() {
        if method == "head" {
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.values().all(|response| resolve(response).get("content").is_none()), "{path}");
            continue;
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let media_type = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
            let contents: Vec<_> = resolve(response)["content"].as_object().unwrap().iter().collect();
            assert_eq!(contents.len(), 1, "{method} {path} {status}");
            assert_eq!(contents[0].0, media_type, "{method} {path} {status}");
            assert!(contents[0].1.get("example").is_some(), "{method} {path} {status}");
        }
    }
}

/// `HEAD` is documented for each public operation, with the same statuses as `GET`.
#[test]
fn every_public_get_operation_has_a_head_operation() {
    let statuses = |operation: &Value| operation["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let public = operations().filter(|(.., operation)| operation.get("security").is_some_and(|it| *it == json!([])));
    let public: Vec<_> = public.collect();
    for (path, method, operation) in &public {
        let other = if *method == "get" { "head" } else { "get" };
        let found = public.iter().find(|(same, method, _)| same == path && *method == other);
        assert_eq!(found.map(|(.., other)| statuses(other)), Some(statuses(operation)), "{path}");
    }
    assert_eq!(public.len(), 10);
}
