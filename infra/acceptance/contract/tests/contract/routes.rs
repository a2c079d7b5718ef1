//! Compares the operations of the document with the routes of `template.yaml`.

use std::{collections::BTreeMap, fs};

use contract_tests::{DOCUMENT, operations};
use local::template::{PseudoParameters, load};

/// An operation without a security requirement must be a route without an authorizer, and the reverse. The token page's
/// routes are HTML and not part of the document.
#[test]
fn document_routes_and_security_match_template() {
    let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../template.yaml")).unwrap();
    let parameters = BTreeMap::from([("PublicUrl".to_owned(), "https://tokens.example.com".to_owned())]);
    let routes = load(&template, &parameters, &PseudoParameters::default()).unwrap().apis.remove(0).routes;
    let (pages, api): (Vec<_>, Vec<_>) = routes.into_iter().partition(|route| route.function == "portal");
    let pages: Vec<_> = pages.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
    let expected = ["/", "/assets/{file}", "/docs", "/tokens"].map(|path| [("GET", path), ("HEAD", path)]);
    assert_eq!(pages, expected.concat());
    let deployed: BTreeMap<_, _> =
        api.into_iter().map(|route| ((route.path, route.method), route.authorized)).collect();
    let documented: BTreeMap<_, _> = operations()
        .map(|(path, method, operation)| {
            let security = operation.get("security").unwrap_or(&DOCUMENT["security"]).as_array().unwrap();
            ((path.to_owned(), method.to_uppercase()), !security.is_empty())
        })
        .collect();
    assert_eq!(documented, deployed);
}
