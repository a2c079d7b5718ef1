//! `latchkey providers`: listing and validating a file of identity providers.

use std::fs;

use crate::harness::{CliCommand, empty_dir};

#[test]
fn providers_file_is_listed() {
    let directory = empty_dir();
    let text = r#"[
        {"name": "acme", "issuer": "https://login.acme.example", "audience": ["a", "b"], "organizations": ["1", "2"],
         "page": {"client_id": "page"}},
        {"name": "ci", "issuer": "https://ci.example", "audience": "c", "organizations": "*"}
    ]"#;
    fs::write(directory.path().join("providers.json"), text).unwrap();
    let table = CliCommand::new(directory.path(), "providers providers.json").run().expect_success().stdout;
    assert_eq!(
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        [
            "NAME ISSUER AUDIENCE ORGANIZATIONS PAGE",
            "acme https://login.acme.example a, b 1, 2 yes",
            "ci https://ci.example c * no",
        ]
    );
}

#[test]
fn every_error_of_a_providers_file_is_reported() {
    let directory = empty_dir();
    let file = directory.path().join("providers.json");
    for (text, expected) in [
        (
            r#"[{"name": "a", "issuer": "http://a.example", "audience": "a", "organizations": "*"},
                {"name": "b", "issuer": "https://b.example", "audiense": "b", "organizations": "*"},
                {"name": "c", "issuer": "https://c.example", "audience": "c", "organizations": "*"},
                {"name": "d", "issuer": "https://c.example", "audience": "d", "organizations": "*"}, 7]"#,
            &[
                "`providers.json`: the issuer of the identity provider `a` must be an https:// URL",
                "the identity provider `b`: unknown field `audiense`",
                "the name and the issuer of the identity provider `c` must be unique",
                "the name and the issuer of the identity provider `d` must be unique",
                "`entry 5`: invalid type: integer",
            ][..],
        ),
        (r#"[{"name": "a"}"#, &["EOF while parsing"]),
        ("{}", &["invalid type: map, expected a sequence"]),
    ] {
        fs::write(&file, text).unwrap();
        let error = CliCommand::new(directory.path(), "providers providers.json").run().expect_failure(5);
        for reason in expected {
            assert!(error.contains(reason), "{error}");
        }
    }
    CliCommand::new(directory.path(), "providers absent.json").run().expect_failure(1);
}
