//! The texts of `--help`.

use insta::assert_snapshot;

use crate::harness::{CliCommand, empty_dir, snapshot_settings};

#[test]
fn every_command_help_has_examples() {
    let directory = empty_dir();
    let help =
        |arguments: &str| CliCommand::new(directory.path(), arguments).arg("--help").run().expect_success().stdout;
    for command in [
        "token create",
        "token list",
        "token get",
        "token update",
        "token rotate",
        "token revoke",
        "token verify",
        "can",
        "keys",
        "apply",
        "roles",
        "users",
        "providers",
    ] {
        let help = help(command);
        assert!(help.contains("Examples:\n") && help.contains(&format!("latchkey {command}")), "{help}");
    }
    snapshot_settings().bind(|| {
        assert_snapshot!(help(""), @r"
        Create, list, revoke and verify API access tokens

        Usage: latchkey [OPTIONS] <COMMAND>

        Commands:
          token  Create, list, show, rename, revoke and verify tokens
          can  Show whether the caller, or a token that it could create, is allowed an action
          keys  Show the verification keys, and which old keys are still needed
          apply  Write roles and assignments to the ledger as an operator
          roles  List, show, store and delete the roles of an organization
          users  List users with roles, assign roles to a user and take them
          rules  Validate route rules for the authorizer
          providers  Validate identity providers for the authorizer and the token page
          help  Print this message or the help of the given subcommand(s)

        Options:
          --data <DIR>  Data directory of the local stack (default: the nearest `.local` in this directory or above)
          --ephemeral  Use the local stack that was started with `--ephemeral`
          -h, --help  Print help
          -V, --version  Print version

        Environment:
          LATCHKEY_URL  the API's base URL
          LATCHKEY_TOKEN  the credential: an identity provider's token or an access token
        Both are optional while a local stack is running (`cargo local`): without a URL, requests go to the stack of the nearest
        directory `.local`, here or above, or to the one of --data. The default credential there is a token of the owner of
        organization 123. A credential of another service requires the URL of that service.

        Exit codes:
          0  success
          1  any failure not listed here
          2  invalid arguments
          3  not authenticated, not permitted, or an invalid token
          4  not found
          5  invalid request or file
          6  unreachable or unavailable; a retry may succeed
          7  declined at a confirmation; nothing was changed
        ");
    });
}
