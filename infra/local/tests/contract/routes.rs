//! What the document describes is what is deployed.

use std::{collections::BTreeMap, fs};

use local::{
    build,
    template::{World, load},
};

use crate::answers::{DOCUMENT, operations};

#[test]
fn the_document_has_the_templates_routes_and_says_which_are_open_to_all() {
    let template = fs::read_to_string(build::workspace().join("template.yaml")).unwrap();
    let parameters = BTreeMap::from([("PublicUrl".to_owned(), "https://tokens.example.com".to_owned())]);
    let routes = load(&template, &parameters, &World::default()).unwrap().apis.remove(0).routes;
    // A page is for people, and no operation of the contract.
    let (pages, routes): (Vec<_>, Vec<_>) = routes.into_iter().partition(|route| route.function == "portal");
    let pages: Vec<_> = pages.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
    assert_eq!(pages, [("GET", "/"), ("GET", "/assets/{file}"), ("GET", "/docs"), ("GET", "/tokens")]);
    let deployed: BTreeMap<_, _> =
        routes.into_iter().map(|route| ((route.path, route.method), route.authorized)).collect();
    let described: BTreeMap<_, _> = operations()
        .map(|(path, method, operation)| {
            let security = operation.get("security").unwrap_or(&DOCUMENT["security"]).as_array().unwrap();
            ((path.to_owned(), method.to_uppercase()), !security.is_empty())
        })
        .collect();
    assert_eq!(described, deployed);
}

#[test]
fn each_operation_has_the_contracts_name() {
    let mut names: Vec<_> = operations().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    names.sort_unstable();
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
    assert_eq!(names, contract);
}
