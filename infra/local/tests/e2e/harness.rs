//! A stack for tests, and somebody who speaks HTTP to it.

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    future::Future,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use contract_tests::ReceivedResponse;
use data_dir::SampleUrls;
use jiff::Timestamp;
use local::{
    aws::{OPERATOR, call_log::CallLog, upstream::Upstreams},
    build,
    idp::{issuer::UserClaims, provider_name},
    lambda::{Lambda, Output},
    seed::Seed,
    stack::{Sample, Stack, StackOptions, operator},
    template::Template,
};
use reqwest::{Client, Method};
use serde::Serialize;
use serde_json::{Value, json};
use shared::{
    aws::{AssignmentItem, RoleItem, TokenItem},
    permissions::RoleId,
    token::{Access, Token, TokenId, TokenType, UserId},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

static SHARED: LazyLock<World> = LazyLock::new(World::new);

static BINARIES: LazyLock<BTreeMap<String, PathBuf>> =
    LazyLock::new(|| build::binaries(&build::workspace(), false).expect("the functions are built"));

/// The services in place of the embedded ones, so that the same tests say what others' `DynamoDB` and KMS think of all this:
/// `LATCHKEY_DYNAMODB_URL=http://… LATCHKEY_KMS_URL=http://… cargo test -p local --test e2e`.
static UPSTREAMS: LazyLock<Upstreams> = LazyLock::new(|| {
    let endpoint = |name| env::var(name).ok().map(|url| url.parse().expect(name));
    Upstreams { dynamodb: endpoint("LATCHKEY_DYNAMODB_URL"), kms: endpoint("LATCHKEY_KMS_URL") }
});

/// A running stack with a folder of its own.
pub struct World {
    pub stack: Option<Stack>,
    pub folder: TempDir,
    /// The functions, which can be asked what they did after the stack has stopped.
    pub lambda: Arc<Lambda>,
    /// What was called of `DynamoDB` and KMS.
    pub calls: CallLog,
    /// The template as it was played.
    pub template: Template,
    /// The credentials that must never be printed.
    pub tokens: Mutex<Vec<String>>,
    /// The ids that the gateway gave to requests.
    pub asked: Mutex<HashSet<String>>,
    runtime: Runtime,
    client: Client,
}

/// The one stack of the tests that need nothing of their own. Each of them works in an organization of its own, or minds what
/// others do. Nothing ends it, so what holds of every world is looked at when a test is through with it.
pub struct Shared(&'static World);

impl Shared {
    /// The shared stack, for one test.
    pub fn lend() -> Self {
        Self(&SHARED)
    }
}

impl Deref for Shared {
    type Target = World;

    fn deref(&self) -> &World {
        self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
    }
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// A stack with these values for the template's parameters.
    pub fn with(parameters: &[(&str, &str)]) -> Self {
        Self::configured(|options| {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            options.parameters.extend(parameters);
        })
    }

    /// A stack with these changes to the usual options.
    pub fn configured(change: impl FnOnce(&mut StackOptions)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut options = options(folder.path());
        change(&mut options);
        let stack = runtime.block_on(Stack::start(options)).expect("the stack starts");
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let (lambda, calls, template) = (Arc::clone(&stack.lambda), stack.aws.calls.clone(), stack.template.clone());
        let (tokens, asked) = (Mutex::default(), Mutex::default());
        Self { stack: Some(stack), folder, lambda, calls, template, tokens, asked, runtime, client }
    }

    /// A stack that serves the sample beside.
    pub fn with_sample() -> Self {
        Self::configured(|options| options.sample = Some(Sample::read(&build::workspace()).unwrap()))
    }

    /// Where the sample's APIs are.
    pub fn sample(&self) -> &SampleUrls {
        self.stack().local.sample.as_ref().expect("the sample is served")
    }

    pub fn stack(&self) -> &Stack {
        self.stack.as_ref().expect("the stack runs")
    }

    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs `work` beside the stack, as long as the stack runs.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// The token of a person who has the roles that the ledger says.
    pub fn person(&self, org: &str, user: &str) -> String {
        self.claiming(org, user, None)
    }

    /// The token of a person for whom the identity provider claims these roles.
    pub fn person_as(&self, org: &str, user: &str, roles: &[&str]) -> String {
        self.claiming(org, user, Some(roles.iter().map(|role| (*role).to_owned()).collect()))
    }

    fn claiming(&self, org: &str, user: &str, roles: Option<Vec<String>>) -> String {
        let ttl = Duration::from_hours(1);
        let claims = UserClaims { org: org.to_owned(), user: user.to_owned(), roles, ttl };
        self.kept(self.stack().idp.issuer().token(&claims, Timestamp::now()).unwrap())
    }

    /// The owner of the organization 123.
    pub fn owner(&self) -> String {
        self.person("123", "1001")
    }

    /// Sends a request, whose answer must be one that the contract foresees. Each header is a name and a value.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let reply = self.send_to(&self.stack().local.url, method, path, headers, body);
        let (status, headers, body) = (reply.status, &reply.headers, reply.text.as_str());
        ReceivedResponse { method, path, status, headers, body }
            .check()
            .unwrap_or_else(|objection| panic!("{objection}"));
        for (name, value) in [("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000")]
        {
            assert_eq!(reply.header(name), value, "{method} {path}: {status} without {name}");
        }
        reply
    }

    /// Sends a request to the API at `base`. Each header is a name and a value.
    pub fn send_to(
        &self,
        base: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Reply {
        let url = format!("{base}{path}");
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = self.run(async {
            let answer = request.send().await.expect("the gateway answers");
            let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                (name.to_string(), value.to_str().unwrap().to_owned())
            };
            let (status, headers) = (answer.status().as_u16(), answer.headers().iter().map(header).collect());
            Reply { status, headers, text: answer.text().await.expect("the answer ends") }
        });
        self.asked.lock().unwrap().insert(reply.header("x-amzn-requestid").to_owned());
        reply
    }

    /// A page or what it loads, which is no operation of the contract; with a credential, since nobody looks at it there.
    pub fn page(&self, path: &str) -> Reply {
        self.send_to(&self.stack().local.url, "GET", path, &[("Authorization", "Bearer expired")], "")
    }

    /// A request with a bearer token and without a body.
    pub fn call(&self, method: &str, path: &str, credential: &str) -> Reply {
        self.send(method, path, &[("Authorization", &format!("Bearer {credential}"))], "")
    }

    /// A create with this body.
    pub fn create(&self, credential: &str, body: &Value) -> Reply {
        self.create_with(credential, &[], body)
    }

    /// A create with this body and idempotency key.
    pub fn create_with_key(&self, credential: &str, key: &str, body: &Value) -> Reply {
        self.create_with(credential, &[("Idempotency-Key", key)], body)
    }

    fn create_with(&self, credential: &str, more: &[(&str, &str)], body: &Value) -> Reply {
        let bearer = format!("Bearer {credential}");
        let headers = [&[("Authorization", bearer.as_str()), ("Content-Type", "application/json")], more].concat();
        let reply = self.send("POST", "/v1/access-tokens", &headers, body.to_string());
        if reply.status == 201 {
            self.kept(reply.json()["token"].as_str().unwrap().to_owned());
        }
        reply
    }

    /// A new token with these members, beside a name: its item and the token.
    pub fn token(&self, credential: &str, members: &Value) -> (Value, String) {
        let mut body = json!({"name": "Token for a test"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let reply = self.create(credential, &body);
        assert_eq!(reply.status, 201, "{}", reply.text);
        let item = reply.json();
        let token = item["token"].as_str().unwrap().to_owned();
        (item, token)
    }

    /// Writes the role `id` with these grants, over one that is there.
    pub fn role(&self, id: &str, grants: &Value) {
        let id: RoleId = id.parse().unwrap();
        self.put(&RoleItem::new(&id, "A role for a test", grants.clone()));
    }

    /// Assigns a person these roles, in place of those assigned before.
    pub fn assign(&self, org: &str, user: &str, roles: &[&str]) {
        let person = UserId::new(provider_name(), user).unwrap();
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        self.put(&AssignmentItem::new(&org.parse().unwrap(), &person, roles));
    }

    fn put(&self, row: &impl Serialize) {
        let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(row).unwrap();
        let put = self.operator().put_item().table_name(&self.stack().local.table).set_item(Some(item));
        self.run(put.send()).unwrap();
    }

    /// So many tokens of `org`, written to the ledger past the API as it would; their ids.
    pub fn rows(&self, count: usize, org: &str) -> Vec<String> {
        let token = |n: usize| {
            let id: TokenId = format!("api_{n:021}").parse().unwrap();
            let access = Access { roles: Vec::new(), read_only: false, anonymize: false };
            Token {
                id,
                org: org.parse().unwrap(),
                name: "A row for a test".parse().unwrap(),
                token_type: TokenType::Api(access),
                created_at: i64::try_from(1_700_000_000 + n / 10).unwrap().try_into().unwrap(),
                created_by: "local|1001".parse().unwrap(),
                parent: None,
                expires_at: None,
                revocation: None,
                last_used: None,
                fingerprint: None,
            }
        };
        let (client, table) = (self.operator(), &self.stack().local.table);
        let tokens: Vec<Token> = (0..count).map(token).collect();
        for chunk in tokens.chunks(25) {
            let put = |token: &Token| {
                let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(TokenItem::of(token)).unwrap();
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            };
            let write = client.batch_write_item().request_items(table, chunk.iter().map(put).collect());
            self.run(write.send()).unwrap();
        }
        tokens.iter().map(|token| token.id.to_string()).collect()
    }

    /// Sets a number in a token's row.
    pub fn set(&self, id: &str, attribute: &str, value: u32) {
        let id: TokenId = id.parse().unwrap();
        let update = self
            .operator()
            .update_item()
            .table_name(&self.stack().local.table)
            .key("pk", AttributeValue::S(TokenItem::partition(id.key())))
            .key("sk", AttributeValue::S(TokenItem::SORT.to_owned()))
            .update_expression("SET #a = :v")
            .expression_attribute_names("#a", attribute)
            .expression_attribute_values(":v", AttributeValue::N(value.to_string()));
        self.run(update.send()).unwrap();
    }

    fn operator(&self) -> aws_sdk_dynamodb::Client {
        operator(&self.stack().local.dynamodb_url, &self.stack().template.pseudo_parameters)
    }

    /// The claims of a token.
    pub fn claims(token: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
    }

    /// The same token with a `kid` that no key has.
    pub fn under_another_kid(token: &str) -> String {
        let (header, rest) = token.split_once('.').unwrap();
        let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        header["kid"] = json!("a key that nobody has");
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    /// A token with these claims, signed by the real key.
    pub fn signed(&self, claims: &Value) -> String {
        self.signed_as("at+jwt", claims)
    }

    /// A token of this `typ` with these claims, signed by the real key.
    pub fn signed_as(&self, typ: &str, claims: &Value) -> String {
        let keys = self.call("GET", "/v1/access-tokens/.well-known/jwks.json", "").json();
        let header = json!({"alg": "RS256", "typ": typ, "kid": keys["keys"][0]["kid"]});
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", part(&header), part(claims));
        let body = json!({
            "KeyId": self.stack().template.keys[0].arn, "MessageType": "RAW", "Message": STANDARD.encode(&input),
            "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
        });
        let operator = format!(
            "AWS4-HMAC-SHA256 Credential={OPERATOR}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request =
            self.client.post(&self.stack().local.kms_url).body(body.to_string()).header("Authorization", operator);
        let request =
            request.header("X-Amz-Target", "TrentService.Sign").header("Content-Type", "application/x-amz-json-1.1");
        let answer = self.run(async { request.send().await.unwrap().bytes().await.unwrap() });
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let signature = STANDARD.decode(answer["Signature"].as_str().unwrap()).unwrap();
        self.kept(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Everything that the functions have printed so far.
    pub fn output(&self) -> String {
        fs::read_to_string(output(self.folder.path())).unwrap_or_default()
    }

    /// Remembers a credential that must never be printed.
    fn kept(&self, token: String) -> String {
        self.tokens.lock().unwrap().push(token.clone());
        token
    }

    /// Stops the stack.
    pub fn stop(&mut self) {
        if let Some(stack) = self.stack.take() {
            self.run(stack.shutdown());
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
        if !std::thread::panicking() {
            self.check();
        }
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A refusal in the contract's form: every member there, consistent, and with this status and code.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"], format!("urn:latchkey:problem:{code}"), "{problem}");
        assert_eq!(problem["error"], problem["detail"], "{problem}");
        assert_eq!(problem["instance"], self.header("x-amzn-requestid"), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        assert!(problem.get("status").is_none_or(|told| *told == status), "{problem}");
        assert_eq!(!self.header("retry-after").is_empty(), matches!(status, 429 | 503), "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// What `attempt` gives once it gives something, which is soon.
pub fn eventually<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The options of a stack that keeps everything in `folder`.
pub fn options(folder: &Path) -> StackOptions {
    let workspace = build::workspace();
    StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml")).unwrap(),
        binaries: BINARIES.clone(),
        port: 0,
        data: folder.join("data"),
        seed: Seed::read(&workspace.join("infra/local/seed.json")).unwrap(),
        seed_always: false,
        stage_in_path: false,
        parameters: BTreeMap::new(),
        upstreams: UPSTREAMS.clone(),
        sample: None,
        output: Output::File(output(folder)),
    }
}

fn output(folder: &Path) -> PathBuf {
    folder.join("output.log")
}
