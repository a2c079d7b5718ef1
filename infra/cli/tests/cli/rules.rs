//! `latchkey rules`: listing and validating a file of route rules.

use std::fs;

use crate::harness::{CliCommand, empty_dir};

#[test]
fn rules_file_is_listed_and_validated() {
    let directory = empty_dir();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../sample/rules.json");
    let table = CliCommand::new(directory.path(), "rules").arg(sample).run().expect_success().stdout;
    assert_eq!(
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        [
            "ROUTE REQUIRES ALSO ALLOWED",
            "DELETE /orders/{id} order:delete on order/{id}",
            "GET /catalog catalog:view public tokens",
            "GET /orders/{id} order:view on order/{id}",
            "POST /orders order:create",
        ]
    );
    let file = directory.path().join("rules.json");
    fs::write(&file, r#"{"GET /x": {"acton": "x:view"}}"#).unwrap();
    let error = CliCommand::new(directory.path(), "rules rules.json").run().expect_failure(5);
    assert!(error.contains("`rules.json`: the rule of `GET /x`: unknown field `acton`"), "{error}");
}

#[test]
fn every_error_of_a_rules_file_is_reported() {
    let directory = empty_dir();
    let file = directory.path().join("rules.json");
    for (text, expected) in [
        (
            r#"{"GET /x": {"acton": "x:view"}, "GET y": {"public": true}, "GET /z": {"public": true}, "GET /z": 7,
                "abc POST /v1/access-tokens": {"public": true}}"#,
            &[
                "the rule of `GET /x`: unknown field `acton`",
                "the rule of `GET y`: a route must be like",
                "the route `GET /z` is defined twice",
                "the route `abc POST /v1/access-tokens` already has a rule",
            ][..],
        ),
        (r#"{"GET /x": {"public": true}"#, &["EOF while parsing"]),
        ("7", &["expected an object that maps routes to rules"]),
    ] {
        fs::write(&file, text).unwrap();
        let error = CliCommand::new(directory.path(), "rules rules.json").run().expect_failure(5);
        for reason in expected {
            assert!(error.contains(reason), "{error}");
        }
    }
}
