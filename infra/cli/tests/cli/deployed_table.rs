//! Commands with `--table`: each source of credentials signs the requests, and each cause of a failure has its own message.
//!
//! The AWS configuration is in an empty home directory, and every service is a stub on this machine.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use rustls::{ServerConfig, ServerConnection, Stream, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    harness::{CliCommand, CommandOutput, STACK, empty_dir},
    stub_server::{bind, header, response, serve},
};

const TABLE: &str = "ledger";

/// The file of the SSO session `company`: the SHA-1 digest of the name.
const SSO_SESSION_FILE: &str = ".aws/sso/cache/71b21161ffa1e6516bcc072aaf5ef38cbe85b511.json";
/// The file of a profile without a session: the SHA-1 digest of the start URL.
const SSO_START_URL_FILE: &str = ".aws/sso/cache/b7037568a7e4f6fba9450af24427009b78703b33.json";
/// The file of the login session: the SHA-256 digest of its ARN.
const LOGIN_FILE: &str = ".aws/login/cache/54b26e94961ade5aa4cd61f3deff3136c953a65099a948739052499a875d5095.json";

const SSO_PROFILE: &str = "[profile ops]
region = eu-central-1
sso_session = company
sso_account_id = 111122223333
sso_role_name = Operator
[sso-session company]
sso_region = eu-west-1
sso_start_url = https://company.awsapps.com/start
";

const LOGIN_PROFILE: &str = "[profile ops]
region = eu-central-1
login_session = arn:aws:iam::111122223333:user/ana
";

/// A key that only this test uses.
const LOGIN_DPOP_KEY: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIMRiyc3oPVm3D87R1Ph13AY03DT4uATSlx3ffMkcneGZoAoGCCqGSM49
AwEHoUQDQgAEITKL3kpRayjqFD81//M/QuuL1/qb69Dfjzd4tqOaCf2y7+/F06sk
ey5CkAXT2VsrIYWUpXvDUYI2IXlRwCBS0A==
-----END EC PRIVATE KEY-----
";

const FUTURE_EXPIRY: &str = "2999-01-01T00:00:00Z";
const EARLIER: &str = "2020-01-01T00:00:00Z";

/// An operator's machine: a home directory, and variables for each run.
struct Machine {
    home: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Machine {
    /// A machine whose selected profile is `ops`, with this text as `~/.aws/config`.
    fn with_profile(config: &str) -> Self {
        let machine = Self::without_profile().env("AWS_PROFILE", "ops");
        machine.write(".aws/config", config);
        machine
    }

    fn without_profile() -> Self {
        Self { home: empty_dir(), variables: Vec::new() }.env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// A machine with access keys in the environment.
    fn with_keys() -> Self {
        let machine = Self::without_profile().env("AWS_REGION", "eu-central-1");
        machine.env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT").env("AWS_SECRET_ACCESS_KEY", "secret")
    }

    fn env(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn write(&self, path: &str, text: &str) -> String {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes a program that a profile names.
    fn write_program(&self, text: &str) -> String {
        let path = self.write("credentials.sh", &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn run(&self, arguments: &str) -> CommandOutput {
        let command = CliCommand::new(self.home.path(), &format!("{arguments} --table {TABLE}"));
        let command = command.env("HOME", &self.home.path().display().to_string());
        self.variables.iter().fold(command, |command, (name, value)| command.env(name, value)).run()
    }

    /// Runs a command that sends one request, and checks that it is signed with this key of a session.
    #[track_caller]
    fn expect_signed_with(self, access_key: &str, session_token: Option<&str>) {
        let (dynamodb, requests) = serve(vec![response(200, "", r#"{"Items": [], "Count": 0}"#)]);
        let output = self.env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb).run("users list --org 1").expect_success();
        assert_eq!(output.stderr, "0 users\n");
        let [request] = requests.join().unwrap().try_into().unwrap();
        let authorization = header(&request, "authorization: ");
        assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={access_key}/")), "{authorization}");
        let token = request.lines().find_map(|line| line.strip_prefix("x-amz-security-token: "));
        assert_eq!(token, session_token);
    }

    /// Runs a command that fails before it sends a request to the table, and returns its message.
    #[track_caller]
    fn expect_no_credentials(self) -> String {
        self.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1").run("users list --org 1").expect_failure(3)
    }

    /// Runs a command against a table that answers with this error, and returns the exit code and the message.
    fn run_with_error(self, arguments: &str, code: &str, message: &str) -> (i32, String) {
        let (dynamodb, _requests) = serve(vec![dynamodb_error(code, message)]);
        let output = self.env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb).run(arguments);
        (output.exit_code, output.stderr)
    }
}

fn dynamodb_error(code: &str, message: &str) -> String {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message});
    response(400, "content-type: application/x-amz-json-1.0\r\n", &body.to_string())
}

/// A token file of `aws sso login`, which cannot be renewed.
fn sso_token(expires_at: &str) -> String {
    json!({"accessToken": "sso-token", "expiresAt": expires_at}).to_string()
}

/// A token file of `aws sso login`, which can be renewed.
fn renewable_sso_token(expires_at: &str) -> String {
    json!({
        "accessToken": "old-sso-token", "expiresAt": expires_at, "refreshToken": "refresh", "clientId": "id",
        "clientSecret": "client-secret", "registrationExpiresAt": FUTURE_EXPIRY, "region": "eu-west-1",
        "startUrl": "https://company.awsapps.com/start",
    })
    .to_string()
}

fn login_token(expires_at: &str) -> String {
    json!({
        "accessToken": {
            "accessKeyId": "ASIALOGIN", "secretAccessKey": "secret", "sessionToken": "login-session",
            "accountId": "111122223333", "expiresAt": expires_at,
        },
        "tokenType": "aws_sigv4", "refreshToken": "refresh", "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": LOGIN_DPOP_KEY,
    })
    .to_string()
}

/// The endpoint of IAM Identity Center, which issues the credentials of a role.
fn serve_sso() -> (String, JoinHandle<Vec<String>>) {
    let credentials = json!({"roleCredentials": {
        "accessKeyId": "ASIASSO", "secretAccessKey": "secret", "sessionToken": "sso-session",
        "expiration": 32_472_144_000_000_i64,
    }});
    serve(vec![response(200, "", &credentials.to_string())])
}

/// The endpoint of STS, which issues the credentials of a role for `action`.
fn serve_sts(action: &str) -> (String, JoinHandle<Vec<String>>) {
    let credentials = format!(
        "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>role-session</SessionToken><Expiration>{FUTURE_EXPIRY}</Expiration>"
    );
    let user = "<Arn>arn:aws:sts::111122223333:assumed-role/Operator/ana</Arn><AssumedRoleId>AROA:ana</AssumedRoleId>";
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <Credentials>{credentials}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>\
         </{action}Result></{action}Response>"
    );
    serve(vec![response(200, "content-type: text/xml\r\n", &body)])
}

#[test]
fn access_keys_of_the_environment_sign_requests() {
    Machine::with_keys().expect_signed_with("AKIDENVIRONMENT", None);
}

#[test]
fn access_keys_of_a_profile_sign_requests() {
    let machine = Machine::with_profile("[profile ops]\nregion = eu-central-1\n");
    machine.write(".aws/credentials", "[ops]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n");
    machine.expect_signed_with("AKIDPROFILE", None);
}

#[test]
fn sso_session_signs_requests() {
    let (sso, requests) = serve_sso();
    let machine = Machine::with_profile(SSO_PROFILE).env("AWS_ENDPOINT_URL_SSO", &sso);
    machine.write(SSO_SESSION_FILE, &sso_token(FUTURE_EXPIRY));
    machine.expect_signed_with("ASIASSO", Some("sso-session"));
    let [request] = requests.join().unwrap().try_into().unwrap();
    let line = request.lines().next().unwrap();
    assert_eq!(line, "GET /federation/credentials?role_name=Operator&account_id=111122223333 HTTP/1.1");
    assert_eq!(header(&request, "x-amz-sso_bearer_token: "), "sso-token");
}

#[test]
fn sso_profile_without_session_signs_requests() {
    let config = SSO_PROFILE.replace("sso_session = company\n", "").replace("[sso-session company]\n", "");
    let (sso, requests) = serve_sso();
    let machine = Machine::with_profile(&config).env("AWS_ENDPOINT_URL_SSO", &sso);
    machine.write(SSO_START_URL_FILE, &sso_token(FUTURE_EXPIRY));
    machine.expect_signed_with("ASIASSO", Some("sso-session"));
    requests.join().unwrap();
}

#[test]
fn expired_sso_token_with_refresh_token_is_renewed() {
    let token = json!({"accessToken": "new-sso-token", "expiresIn": 3600, "refreshToken": "next"});
    let (oidc, renewals) = serve(vec![response(200, "", &token.to_string())]);
    let (sso, requests) = serve_sso();
    let machine = Machine::with_profile(SSO_PROFILE).env("AWS_ENDPOINT_URL_SSO", &sso);
    machine.write(SSO_SESSION_FILE, &renewable_sso_token(EARLIER));
    machine.env("AWS_ENDPOINT_URL_SSO_OIDC", &oidc).expect_signed_with("ASIASSO", Some("sso-session"));
    assert_eq!(header(&requests.join().unwrap()[0], "x-amz-sso_bearer_token: "), "new-sso-token");
    assert!(renewals.join().unwrap()[0].starts_with("POST /token HTTP/1.1\r\n"));
}

#[test]
fn login_session_signs_requests() {
    let machine = Machine::with_profile(LOGIN_PROFILE);
    machine.write(LOGIN_FILE, &login_token(FUTURE_EXPIRY));
    machine.expect_signed_with("ASIALOGIN", Some("login-session"));
}

#[test]
fn expired_login_session_is_renewed() {
    let renewed = json!({
        "accessToken": {"accessKeyId": "ASIARENEWED", "secretAccessKey": "secret", "sessionToken": "renewed-session"},
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "next",
    });
    let (sign_in, renewals) = serve(vec![response(200, "", &renewed.to_string())]);
    let machine = Machine::with_profile(LOGIN_PROFILE).env("AWS_ENDPOINT_URL_SIGNIN", &sign_in);
    machine.write(LOGIN_FILE, &login_token(EARLIER));
    machine.expect_signed_with("ASIARENEWED", Some("renewed-session"));
    let [request] = renewals.join().unwrap().try_into().unwrap();
    assert!(request.starts_with("POST /v1/token HTTP/1.1\r\n"), "{request}");
    assert!(!header(&request, "dpop: ").is_empty());
}

#[test]
fn credential_process_signs_requests() {
    let machine = Machine::without_profile().env("AWS_PROFILE", "ops");
    let output = json!({
        "Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "secret", "SessionToken": "process-session",
        "Expiration": FUTURE_EXPIRY,
    });
    let program = machine.write_program(&format!("echo '{output}'"));
    machine.write(".aws/config", &format!("[profile ops]\nregion = eu-central-1\ncredential_process = {program}\n"));
    machine.expect_signed_with("ASIAPROCESS", Some("process-session"));
}

#[test]
fn role_of_a_source_profile_signs_requests() {
    let (sts, requests) = serve_sts("AssumeRole");
    let role = "role_arn = arn:aws:iam::111122223333:role/Operator\nsource_profile = base\n";
    let base = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n";
    let machine = Machine::with_profile(&format!("[profile ops]\nregion = eu-central-1\n{role}{base}"));
    machine.env("AWS_ENDPOINT_URL_STS", &sts).expect_signed_with("ASIAROLE", Some("role-session"));
    assert!(header(&requests.join().unwrap()[0], "authorization: ").contains("Credential=AKIDBASE/"));
}

#[test]
fn web_identity_signs_requests() {
    let (sts, requests) = serve_sts("AssumeRoleWithWebIdentity");
    let machine = Machine::without_profile().env("AWS_REGION", "eu-central-1").env("AWS_ENDPOINT_URL_STS", &sts);
    let token = machine.write("token", "web-identity-token");
    let machine = machine.env("AWS_WEB_IDENTITY_TOKEN_FILE", &token);
    let machine = machine.env("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/Operator");
    machine.expect_signed_with("ASIAROLE", Some("role-session"));
    assert!(requests.join().unwrap()[0].contains("WebIdentityToken=web-identity-token"));
}

#[test]
fn container_credentials_sign_requests() {
    let credentials = json!({
        "AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "secret", "Token": "container-session", "Expiration": FUTURE_EXPIRY,
    });
    let (endpoint, requests) = serve(vec![response(200, "", &credentials.to_string())]);
    let machine = Machine::without_profile().env("AWS_REGION", "eu-central-1");
    let machine = machine.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{endpoint}/credentials"));
    machine.expect_signed_with("ASIACONTAINER", Some("container-session"));
    requests.join().unwrap();
}

/// A credential process whose first credentials have expired, and whose second run is `second`.
fn machine_with_expired_credentials(second: &str) -> Machine {
    let machine = Machine::without_profile().env("AWS_PROFILE", "ops");
    let first = json!({
        "Version": 1, "AccessKeyId": "ASIAFIRST", "SecretAccessKey": "secret", "SessionToken": "first",
        "Expiration": EARLIER,
    });
    let program = machine.write_program(&format!("[ -e ran ] || {{ touch ran; echo '{first}'; exit; }}\n{second}"));
    machine.write(".aws/config", &format!("[profile ops]\nregion = eu-central-1\ncredential_process = {program}\n"));
    machine
}

/// The responses to `apply --owner`: the item is not stored, and then it is written.
fn serve_apply() -> (String, JoinHandle<Vec<String>>) {
    serve(vec![response(200, "", "{}"), response(200, "", "{}")])
}

#[test]
fn credentials_that_expire_during_the_run_are_renewed() {
    let renewed = json!({"Version": 1, "AccessKeyId": "AKIDSECOND", "SecretAccessKey": "secret"});
    let (dynamodb, requests) = serve_apply();
    let machine = machine_with_expired_credentials(&format!("echo '{renewed}'"));
    let machine = machine.env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb);
    machine.run("apply --owner company|1 --org 1").expect_success();
    let keys = ["ASIAFIRST", "AKIDSECOND"];
    for (request, key) in requests.join().unwrap().iter().zip(keys) {
        assert!(header(request, "authorization: ").contains(&format!("Credential={key}/")), "{request}");
    }
}

#[test]
fn failed_renewal_of_credentials_names_the_source() {
    let (dynamodb, _requests) = serve_apply();
    let machine = machine_with_expired_credentials("echo 'session ended' >&2; exit 1");
    let output = machine.env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb).run("apply --owner company|1 --org 1");
    assert_eq!(output.exit_code, 3, "{output:?}");
    assert_eq!(
        output.stderr,
        "error: no credentials: `credential_process` of profile `ops` failed (Error retrieving credentials: external \
         process exited with code exit status: 1. Stderr: session ended): sign in with this program, or correct its \
         command\n"
    );
}

#[test]
fn missing_credentials_error_names_the_sources() {
    assert_eq!(
        Machine::without_profile().env("AWS_REGION", "eu-central-1").expect_no_credentials(),
        "error: no credentials: set `AWS_PROFILE`, sign in with `aws sso login` or `aws login`, or set \
         `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`\n"
    );
}

#[test]
fn unusable_sso_session_error_names_aws_sso_login() {
    let message = |reason: &str| {
        format!(
            "error: no credentials: the SSO session of profile `ops` is not usable ({reason}): run `aws sso login --profile \
             ops`\n"
        )
    };
    let expired = Machine::with_profile(SSO_PROFILE);
    expired.write(SSO_SESSION_FILE, &sso_token(EARLIER));
    assert_eq!(expired.expect_no_credentials(), message("the SSO token has expired and cannot be refreshed"));

    let missing = Machine::with_profile(SSO_PROFILE);
    assert_eq!(missing.expect_no_credentials(), message("failed to load the cached SSO token"));

    let unauthorized = json!({"message": "Session token not found or invalid"}).to_string();
    let (sso, requests) = serve(vec![response(401, "x-amzn-errortype: UnauthorizedException\r\n", &unauthorized)]);
    let rejected = Machine::with_profile(SSO_PROFILE).env("AWS_ENDPOINT_URL_SSO", &sso);
    rejected.write(SSO_SESSION_FILE, &sso_token(FUTURE_EXPIRY));
    assert_eq!(rejected.expect_no_credentials(), message("UnauthorizedException: Session token not found or invalid"));
    requests.join().unwrap();
}

/// The base of a role is signed in to, not the profile of the role.
#[test]
fn expired_sso_session_of_source_profile_is_named() {
    let role = "[profile admin]\nregion = eu-central-1\nrole_arn = arn:aws:iam::111122223333:role/Admin\n";
    let machine = Machine::with_profile(&format!("{role}source_profile = ops\n{SSO_PROFILE}"));
    machine.write(SSO_SESSION_FILE, &sso_token(EARLIER));
    let error = machine.env("AWS_PROFILE", "admin").expect_no_credentials();
    assert!(error.ends_with(": run `aws sso login --profile ops`\n"), "{error}");
}

#[test]
fn role_that_sso_denies_is_reported_with_its_message() {
    let (sso, requests) =
        serve(vec![response(403, "x-amzn-errortype: ForbiddenException\r\n", r#"{"message": "No access"}"#)]);
    let machine = Machine::with_profile(SSO_PROFILE).env("AWS_ENDPOINT_URL_SSO", &sso);
    machine.write(SSO_SESSION_FILE, &sso_token(FUTURE_EXPIRY));
    assert_eq!(
        machine.expect_no_credentials(),
        "error: no credentials: the source of profile `ops` failed (ForbiddenException: No access): correct the profile, or \
         set another `AWS_PROFILE`\n"
    );
    requests.join().unwrap();
}

#[test]
fn unreachable_sso_endpoint_is_named() {
    let machine = Machine::with_profile(SSO_PROFILE).env("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1");
    machine.write(SSO_SESSION_FILE, &sso_token(FUTURE_EXPIRY));
    assert_eq!(
        machine.run("users list --org 1").expect_failure(6),
        "error: cannot reach `http://127.0.0.1:1`: the connection was refused: check the endpoint and the proxy in \
         `HTTPS_PROXY`\n"
    );
}

#[test]
fn unusable_login_session_error_names_aws_login() {
    let message = |reason: &str| {
        format!(
            "error: no credentials: the login session of profile `ops` is not usable ({reason}): run `aws login --profile \
             ops`\n"
        )
    };
    let missing = Machine::with_profile(LOGIN_PROFILE);
    let file = missing.home.path().join(LOGIN_FILE).display().to_string();
    let reason = format!("failed to read `{file}`: No such file or directory (os error 2)");
    assert_eq!(missing.expect_no_credentials(), message(&reason));

    let denied = json!({"error": "TOKEN_EXPIRED", "message": "The refresh token has expired"}).to_string();
    let (sign_in, requests) = serve(vec![response(403, "x-amzn-errortype: AccessDeniedException\r\n", &denied)]);
    let expired = Machine::with_profile(LOGIN_PROFILE).env("AWS_ENDPOINT_URL_SIGNIN", &sign_in);
    expired.write(LOGIN_FILE, &login_token(EARLIER));
    let reason = "failed to refresh cached Login token: Your session has expired. Please reauthenticate: \
                  AccessDeniedException: The refresh token has expired";
    assert_eq!(expired.expect_no_credentials(), message(reason));
    requests.join().unwrap();
}

#[test]
fn failing_credential_process_reason_has_no_secret() {
    for (program, reason) in [
        (
            "echo '{\"SecretAccessKey\": \"a-secret\"}'\necho 'not signed in' >&2\nexit 3",
            "Error retrieving credentials: external process exited with code exit status: 3. Stderr: not signed in",
        ),
        (
            "echo '{\"Version\": 1, \"AccessKeyId\": \"AKID\", \"SecretAccessKey\": \"a-secret}'",
            "Error retrieving credentials from external process, could not parse response: invalid JSON in response: Error \
             at offset 67: encountered unescaped control character in string: 0xA",
        ),
        (
            "echo '{\"Version\": 1, \"SecretAccessKey\": \"a-secret\"}'",
            "Error retrieving credentials from external process, could not parse response: Expected field `AccessKeyId` in \
             response but it was missing",
        ),
    ] {
        let machine = Machine::without_profile().env("AWS_PROFILE", "ops");
        let path = machine.write_program(program);
        let process = format!("credential_process = {path} --secret a-secret");
        machine.write(".aws/config", &format!("[profile ops]\nregion = eu-central-1\n{process}\n"));
        let expected = format!(
            "error: no credentials: `credential_process` of profile `ops` failed ({reason}): sign in with this program, or \
             correct its command\n"
        );
        assert_eq!(machine.expect_no_credentials(), expected);
    }
}

#[test]
fn undefined_or_invalid_profile_is_named() {
    let undefined = Machine::with_profile("[profile other]\nregion = eu-central-1\n");
    let expected = "error: no credentials: profile `ops` is not defined: set `AWS_PROFILE` to a profile of `aws configure \
                    list-profiles`\n";
    assert_eq!(undefined.expect_no_credentials(), expected);

    let without_account = SSO_PROFILE.replace("sso_account_id = 111122223333\n", "");
    assert_eq!(
        Machine::with_profile(&without_account).expect_no_credentials(),
        "error: no credentials: ProfileFile provider could not be built: profile `ops` has invalid SSO config: if \
         `sso_role_name` is set, then `sso_account_id` must also be set: correct profile `ops` in the AWS configuration \
         files\n"
    );
}

#[test]
fn denied_role_is_reported_with_the_message_of_sts() {
    let message = "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: sts:AssumeRole";
    let body =
        format!("<ErrorResponse><Error><Code>AccessDenied</Code><Message>{message}</Message></Error></ErrorResponse>");
    let (sts, requests) = serve(vec![response(403, "content-type: text/xml\r\n", &body)]);
    let role = "role_arn = arn:aws:iam::111122223333:role/Operator\nsource_profile = base\n";
    let base = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n";
    let machine = Machine::with_profile(&format!("[profile ops]\nregion = eu-central-1\n{role}{base}"));
    let expected = format!(
        "error: no credentials: the source of profile `ops` failed (AccessDenied: {message}): correct the profile, or set \
         another `AWS_PROFILE`\n"
    );
    assert_eq!(machine.env("AWS_ENDPOINT_URL_STS", &sts).expect_no_credentials(), expected);
    requests.join().unwrap();
}

#[test]
fn missing_region_error_names_the_variables() {
    let machine = Machine::without_profile().env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "y");
    let expected = "error: no region: set `AWS_REGION`, or set `AWS_PROFILE` to a profile with `region`\n";
    assert_eq!(machine.run("users list --org 1").expect_failure(2), expected);
}

#[test]
fn missing_table_error_names_table_and_region() {
    let local = &STACK.stack.addresses;
    let machine = Machine::with_keys().env("AWS_ACCESS_KEY_ID", "operator");
    let error = machine.env("AWS_ENDPOINT_URL_DYNAMODB", &local.dynamodb_url).run("roles list --org 1");
    assert_eq!(
        error.expect_failure(4),
        "error: table `ledger` does not exist in region `eu-central-1` of the account of the credentials: check `--table`, \
         `AWS_REGION` and `AWS_PROFILE`\n"
    );
}

/// Each command that accesses a deployment's table reports its own operation.
#[test]
fn denied_access_error_names_permission_and_principal() {
    for (arguments, operation) in [
        ("apply --owner company|1 --org 1", "GetItem"),
        ("apply --export --org 1", "Query"),
        ("roles list --org 1", "Query"),
        ("roles get 1:viewer", "GetItem"),
        ("users list --org 1", "Query"),
        ("users get company|1 --org 1", "GetItem"),
    ] {
        let message = format!(
            "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: dynamodb:{operation} on resource: \
             arn:aws:dynamodb:eu-central-1:111122223333:table/ledger"
        );
        let error = Machine::with_keys().run_with_error(arguments, "AccessDeniedException", &message);
        let expected = format!(
            "error: access denied to {operation}: grant `dynamodb:{operation}` on table `ledger` in region \
             `eu-central-1`, or use other credentials (AWS reports: {message})\n"
        );
        assert_eq!(error, (3, expected), "{arguments}");
    }
}

#[test]
fn rejected_credentials_error_names_code_and_message() {
    let code = "UnrecognizedClientException";
    let message = "The security token included in the request is invalid.";
    let expected = format!(
        "error: AWS rejects the credentials ({code}: {message}): sign in again with `aws sso login` or `aws \
         login`, or correct the access key\n"
    );
    assert_eq!(Machine::with_keys().run_with_error("users list --org 1", code, message), (3, expected.clone()));
    // A service may append the signed request, whose headers contain the session token.
    let with_request = format!("{message}\n\nThe Canonical String\nx-amz-security-token:session-token");
    assert_eq!(Machine::with_keys().run_with_error("users list --org 1", code, &with_request), (3, expected));
}

#[test]
fn unreachable_table_error_names_endpoint_and_cause() {
    // The operating system rejects a label of 64 characters without a request to a name server.
    let unknown = format!("http://{}.example", "a".repeat(64));
    let without_tls = format!("https://{}", serve_plain_text());
    for (endpoint, cause) in [
        (unknown.as_str(), "its host name cannot be resolved: check the network connection and the region"),
        ("http://127.0.0.1:1", "the connection was refused: check the endpoint and the proxy in `HTTPS_PROXY`"),
        (
            &without_tls,
            "TLS failed (received corrupt message of type InvalidContentType): check the endpoint; if a proxy replaces \
             certificates, set `SSL_CERT_FILE` to a file with its root certificate",
        ),
    ] {
        let machine = Machine::with_keys().env("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
        let error = machine.run("users list --org 1").expect_failure(6);
        assert_eq!(error, format!("error: cannot reach `{endpoint}`: {cause}\n"));
    }
}

/// A server that answers each connection, whatever it receives, in plain text. Returns its address.
fn serve_plain_text() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The client may close the connection first.
            let _ = stream.read(&mut [0; 1024]).and_then(|_| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    address
}

/// A root certificate that the system does not trust, as that of a proxy which inspects TLS, can be added with a variable.
#[test]
fn untrusted_certificate_is_accepted_with_ssl_cert_file() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let private_key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], private_key).unwrap());
    let endpoint = format!("https://localhost:{}", serve_with_tls(config).port());
    let machine = || Machine::with_keys().env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);

    assert_eq!(
        machine().run("users list --org 1").expect_failure(6),
        format!(
            "error: cannot reach `{endpoint}`: TLS failed (invalid peer certificate: UnknownIssuer): check the endpoint; if a \
             proxy replaces certificates, set `SSL_CERT_FILE` to a file with its root certificate\n"
        )
    );
    let trusting = machine();
    let file = trusting.write("root.pem", &certificate.pem());
    trusting.env("SSL_CERT_FILE", &file).run("users list --org 1").expect_success();
}

/// A TLS server that answers each request with an empty list. Returns its address.
fn serve_with_tls(config: Arc<ServerConfig>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            let empty_list = response(200, "", r#"{"Items": [], "Count": 0}"#);
            // A client that does not trust the certificate closes the connection.
            let _ = stream.read(&mut [0; 8192]).and_then(|_| stream.write_all(empty_list.as_bytes()));
            connection.send_close_notify();
            let _ = connection.write_tls(&mut socket);
        }
    });
    address
}

#[test]
fn proxy_of_the_environment_is_used_for_https() {
    let (proxy, requests) = serve(vec![response(502, "", ""), response(502, "", ""), response(502, "", "")]);
    let machine = Machine::with_keys().env("HTTPS_PROXY", &proxy);
    let error = machine.run("users list --org 1").expect_failure(6);
    assert!(error.starts_with("error: cannot reach `https://dynamodb.eu-central-1.amazonaws.com`: "), "{error}");
    for request in requests.join().unwrap() {
        assert!(request.starts_with("CONNECT dynamodb.eu-central-1.amazonaws.com:443 HTTP/1.1\r\n"), "{request}");
    }
}

/// The command waits 30 seconds, and reports after 3 seconds that it waits.
#[test]
fn silent_table_error_comes_within_the_time_limit() {
    let (_listener, endpoint) = bind();
    let machine = Machine::with_keys().env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
    let start = Instant::now();
    let error = machine.run("users list --org 1").expect_failure(6);
    assert!((30..40).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(
        error,
        format!(
            "waiting for `{endpoint}`, which has not responded yet\nerror: cannot reach `{endpoint}`: the response timed \
             out: check the network connection, then try again\n"
        )
    );
}
