//! Failed commands: one sentence on standard error, empty standard output, and the exit code of the failure.

use crate::harness::{CliCommand, STACK, empty_dir, unsigned_token};

#[test]
fn missing_local_stack_explains_how_to_select_one() {
    let directory = empty_dir();
    for arguments in ["token list", "keys", "apply --owner local|1 --org 1"] {
        let error = CliCommand::new(directory.path(), arguments).run().expect_failure(6);
        let expected =
            "error: no local stack found: start one with `cargo local`, or pass its data directory with `--data`\n";
        assert_eq!(error, expected);
    }
}

#[test]
fn unreachable_service_exits_with_unavailable() {
    let directory = empty_dir();
    let run = |arguments: &str| {
        let command = CliCommand::new(directory.path(), arguments).env("LATCHKEY_URL", "http://127.0.0.1:1");
        command.env("LATCHKEY_TOKEN", "x").run().expect_failure(6)
    };
    assert_eq!(
        run("token list"),
        "error: Latchkey at `http://127.0.0.1:1` refuses connections: check that the service is running\n"
    );
    let error = run("token create --name x --idempotency-key a-key");
    assert!(error.ends_with("retry with `--idempotency-key=a-key`\n"), "{error}");
}

#[test]
fn api_error_shows_detail_and_sets_exit_code() {
    let unassigned = STACK.user_token("123", "unassigned");
    let run_as = |credential: &str, arguments: &str| STACK.command(arguments).env("LATCHKEY_TOKEN", credential).run();
    let unauthenticated = format!(
        "error: a valid bearer token is required; the credential is from `LATCHKEY_TOKEN`{}",
        STACK.error_end("unauthenticated")
    );
    let unsigned = unsigned_token(&STACK.stack.addresses.issuer);
    assert_eq!(run_as(&unsigned, "token list").expect_failure(3), unauthenticated);
    assert!(run_as("two words\u{7f}", "token list").exit_code == 3);
    let denied = run_as(&unassigned, "token list").expect_failure(3);
    assert!(denied.contains("token:view") && denied.ends_with(&STACK.error_end("permission_denied")), "{denied}");
    let not_found = STACK.run("token get api_AAAAAAAAAAAAAAAAAAAAA").expect_failure(4);
    assert_eq!(not_found, format!("error: the token or route does not exist{}", STACK.error_end("not_found")));
    let invalid = STACK.run("token create --name x --expires-in soon").expect_failure(5);
    assert!(
        invalid.starts_with("error: `expires_in` must be ") && invalid.ends_with(&STACK.error_end("invalid_request")),
        "{invalid}"
    );
    let not_held = STACK.run("token create --name x --role 456:owner").expect_failure(3);
    assert!(not_held.contains("456:owner") && not_held.ends_with(&STACK.error_end("role_not_held")), "{not_held}");
}

/// No local service runs in the directory: a request would fail with another exit code.
#[test]
fn invalid_arguments_fail_before_any_request() {
    let directory = empty_dir();
    for arguments in [
        "",
        "token",
        "token create",
        "token create --name x --type other",
        "token create --name x --token y",
        "token create --name x --expires-in 30",
        "token get ../keys",
        "token update api_x",
        "token update api_x --description d --no-description",
        "token revoke",
        "token revoke api_x --created-by local|1",
        "token revoke api_AAAAAAAAAAAAAAAAAAAAA --created-by local|1",
        "token revoke api_AAAAAAAAAAAAAAAAAAAAA --all",
        "token revoke --all --created-by local|1",
        "token revoke --before 2026-01-31T08:00:00Z --all",
        "token revoke --before 2026-01-31T08:00:00Z --created-by local|1",
        "token revoke --before 2026-01-31",
        "token revoke --family --created-by local|1",
        "token rotate",
        "token rotate self --overlap 30",
        "token rotate self --if-older-than soon",
        "token list --expiring soon",
        "apply",
        "apply --owner api_5ZugdRXasLfWBypHi93Fk --org 1",
        "apply --owner local|1",
        "apply roles.json --owner local|1 --org 1",
        "apply roles.json --org 1",
        "apply --export",
        "apply --export --org 1 --owner local|1",
        "roles get no-role-id",
        "roles put 1:a --name A",
        "roles put 1:a --name A --grants [",
        "users assign local|1",
        "users list --table t",
        "users list --table t --org 1 --url http://127.0.0.1:1",
        "keys --rotated-at yesterday",
    ] {
        let output = CliCommand::new(directory.path(), arguments).run();
        assert!(
            output.exit_code == 2 && output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments} {output:?}"
        );
    }
}
