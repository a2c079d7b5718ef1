//! Signing in to the local identity provider as a user to whom `latchkey apply` assigned roles.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Response, Url, redirect::Policy};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::STACK;

/// RFC 7636, appendix B.
const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The token page's sign-in over HTTP.
struct SignIn {
    client: Client,
    runtime: Runtime,
}

impl SignIn {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { client, runtime }
    }

    fn url(path: &str, parameters: &[(&str, &str)]) -> Url {
        Url::parse_with_params(&format!("{}{path}", STACK.stack.idp.url), parameters).unwrap()
    }

    fn token_page_url() -> String {
        format!("{}/tokens", STACK.stack.addresses.url)
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let body = Self::url("/", form).query().unwrap().to_owned();
        let request = self.client.post(Self::url(path, &[])).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.runtime.block_on(request.send()).unwrap()
    }

    /// The HTML of the sign-in page.
    fn page(&self) -> String {
        let url = Self::url(
            "/authorize",
            &[
                ("client_id", "latchkey-page"),
                ("redirect_uri", &Self::token_page_url()),
                ("response_type", "code"),
                ("code_challenge", CODE_CHALLENGE),
                ("code_challenge_method", "S256"),
                ("scope", "openid"),
            ],
        );
        self.runtime.block_on(async { self.client.get(url).send().await.unwrap().text().await.unwrap() })
    }

    /// The response to choosing `user` on the sign-in page.
    fn choose(&self, page: &str, user: &str) -> Response {
        let transaction = page.split("name=\"transaction\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        self.post("/authorize", &[("transaction", transaction), ("user", user)])
    }

    /// The access token for the code in the redirect `response`.
    fn access_token(&self, response: &Response) -> String {
        let location = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let response = self.post(
            "/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", "latchkey-page"),
                ("redirect_uri", &Self::token_page_url()),
                ("code_verifier", CODE_VERIFIER),
                ("code", &code),
            ],
        );
        let body = self.runtime.block_on(response.bytes()).unwrap();
        let tokens: Value = serde_json::from_slice(&body).unwrap();
        tokens["access_token"].as_str().unwrap().to_owned()
    }
}

#[test]
fn applied_user_signs_in_without_a_restart() {
    let sign_in = SignIn::new();
    let page = sign_in.page();
    assert!(page.contains("value=\"123|1001\"") && !page.contains("9001"), "{page}");
    assert_eq!(sign_in.choose(&page, "731|9001").status(), 400);

    STACK.run("apply --owner local|9001 --org 731").expect_success();
    let manifest = json!({
        "roles": [{"id": "731:viewer", "name": "Viewer", "grants": [{"action": "token:create"}]}],
        "assignments": [{"org": "731", "user": "1003", "roles": ["731:viewer"]}],
    });
    STACK.run(&format!("apply {}", STACK.write_file("731.json", &manifest.to_string()))).expect_success();

    let page = sign_in.page();
    assert!(page.contains("<span class=\"where\">user 9001, organization 731</span>"), "{page}");
    for (user, subject, role) in [("731|9001", "9001", "731:owner"), ("731|1003", "1003", "731:viewer")] {
        let page = sign_in.page();
        assert!(page.contains(role), "{page}");
        let token = sign_in.access_token(&sign_in.choose(&page, user));
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!((&claims["sub"], &claims["org_id"]), (&json!(subject), &json!("731")));
        STACK.command("token create --name first").env("LATCHKEY_TOKEN", &token).run().expect_success();
    }
}
