//! Rotation of the signing keys under load, with two deployments that update one function after the other: the first adds the new
//! key to each key set, the second makes it the signing key. A third removes the old key later.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use local::{
    aws::{Aws, AwsOptions, OPERATOR, Principal, upstream::Upstreams},
    build,
    template::{Function, Template, load},
};
use serde_json::{Value, json};

use crate::{
    harness::{TestStack, claims_of, eventually, token_id},
    kms_keys::KmsKey,
};

/// A token family in the template.
struct Family {
    logical_id: &'static str,
    signing_key_parameter: &'static str,
    additional_keys_parameter: &'static str,
    /// The environment variable with the ARNs of the key set.
    variable: &'static str,
    jwks_path: &'static str,
}

/// Indices into [`FAMILIES`] and all arrays per family.
const ACCESS: usize = 0;
const PUBLIC: usize = 1;

const FAMILIES: [Family; 2] = [
    Family {
        logical_id: "AccessKey",
        signing_key_parameter: "AccessSigningKeyArn",
        additional_keys_parameter: "AdditionalAccessKeyArns",
        variable: "ACCESS_KEYS",
        jwks_path: "/v1/access-tokens/.well-known/jwks.json",
    },
    Family {
        logical_id: "PublicKey",
        signing_key_parameter: "PublicSigningKeyArn",
        additional_keys_parameter: "AdditionalPublicKeyArns",
        variable: "PUBLIC_KEYS",
        jwks_path: "/v1/access-tokens/public/.well-known/jwks.json",
    },
];

/// Rounds that each client completes after the update of a function, before the next function is updated.
const ROUNDS_PER_UPDATE: usize = 3;

/// The old and the new key of a family.
struct FamilyKeys {
    old: KmsKey,
    new: KmsKey,
}

/// A stack with the sample API, and an old and a new key for each family.
pub struct RotationStack {
    pub stack: TestStack,
    keys: [FamilyKeys; 2],
    owner: String,
}

/// The keys of a family's key set, the signing key first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    OldThenNew,
    NewThenOld,
    NewOnly,
}

/// The functions' policies and environment variables that `CloudFormation` creates for one order of the keys.
pub struct Deployment {
    template: Template,
    /// KMS with the functions' policies of this deployment.
    kms: Aws,
}

impl Deployment {
    pub fn new(rotation: &RotationStack, order: KeyOrder) -> Self {
        let local = rotation.stack.addresses();
        let mut parameters = BTreeMap::from([("PublicUrl".to_owned(), local.url.clone())]);
        for (family, FamilyKeys { old, new }) in FAMILIES.iter().zip(&rotation.keys) {
            let (signing, additional) = match order {
                KeyOrder::OldThenNew => (&old.arn, new.arn.as_str()),
                KeyOrder::NewThenOld => (&new.arn, old.arn.as_str()),
                KeyOrder::NewOnly => (&new.arn, ""),
            };
            parameters.insert(family.signing_key_parameter.to_owned(), signing.clone());
            parameters.insert(family.additional_keys_parameter.to_owned(), additional.to_owned());
        }
        let text = fs::read_to_string(build::workspace().join("template.yaml")).unwrap();
        let template = load(&text, &parameters, &rotation.stack.template.pseudo_parameters).unwrap();
        let upstreams = Upstreams {
            dynamodb: Some(local.dynamodb_url.parse().unwrap()),
            kms: Some(local.kms_url.parse().unwrap()),
        };
        let principals = template.functions.iter().map(|function| (function.name.clone(), principal(function)));
        // It forwards calls to the stack's KMS with its account as access key id, and the operator is permitted every call.
        let options = AwsOptions {
            principals: principals.collect(),
            account: OPERATOR.to_owned(),
            upstreams,
            ..AwsOptions::default()
        };
        Self { template, kms: rotation.stack.run(Aws::start(options)).unwrap() }
    }

    /// The environment variables of `function` that name its key sets.
    fn key_set_variables(&self, function: &str) -> BTreeMap<String, String> {
        let function = self.template.functions.iter().find(|own| own.name == function).unwrap();
        let variables = FAMILIES.iter().map(|family| family.variable);
        variables.map(|name| (name.to_owned(), function.environment[name].clone())).collect()
    }

    /// The environment variable that makes this deployment's policies apply to a function.
    fn policy_variables(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("AWS_ENDPOINT_URL_KMS".to_owned(), self.kms.kms_url.clone())])
    }
}

fn principal(function: &Function) -> Principal {
    Principal { name: function.name.clone(), statements: function.statements.clone() }
}

impl RotationStack {
    /// A stack with the template's default keys, and new keys of the kind `spec`.
    pub fn new(spec: &str) -> Self {
        let stack = TestStack::with_sample();
        let keys = FAMILIES.map(|family| FamilyKeys {
            old: KmsKey::of_template(&stack, family.logical_id),
            new: KmsKey::create(&stack, spec),
        });
        let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
        Self { stack, keys, owner }
    }

    /// Updates policies and key sets of `function`.
    pub fn update(&self, function: &str, deployment: &Deployment) {
        let mut variables = deployment.policy_variables();
        variables.extend(deployment.key_set_variables(function));
        self.stack.restart(function, variables);
    }

    fn create_token(&self, family: usize) -> IssuedToken {
        let members = if family == ACCESS { json!({}) } else { json!({"journey_id": "j"}) };
        let (item, jwt) = self.stack.create_token(&self.owner, &members);
        IssuedToken { family, id: token_id(&item).to_owned(), jwt }
    }

    /// The status of a request with this token: to Latchkey itself, or for a public token to a route that accepts one.
    fn status_of(&self, family: usize, jwt: &str) -> u16 {
        if family == ACCESS {
            return self.stack.get_self(jwt).status;
        }
        let bearer = format!("Bearer {jwt}");
        self.stack.send_to(&self.stack.sample().rest, "GET", "/catalog", &[("Authorization", &bearer)], "").status
    }

    #[track_caller]
    fn assert_accepted(&self, token: &IssuedToken) {
        let status = self.status_of(token.family, &token.jwt);
        assert_eq!(status, 200, "a valid token of {} is rejected", FAMILIES[token.family].logical_id);
    }

    #[track_caller]
    fn assert_rejected(&self, family: usize, jwt: &str, description: &str) {
        assert_eq!(self.status_of(family, jwt), 401, "{description} is accepted");
    }

    /// Tokens signed with the new keys stay valid, those signed with the old keys are rejected. Each of the four keys has signed
    /// some.
    fn assert_old_keys_are_rejected(&self, tokens: &[IssuedToken]) {
        let jwks = self.published_jwks();
        let mut signed = BTreeSet::new();
        for token in tokens {
            let kid = token.kid();
            let FamilyKeys { old, new } = &self.keys[token.family];
            let is_new = kid == new.kid();
            assert!(is_new || kid == old.kid(), "{kid}");
            assert_eq!(self.status_of(token.family, &token.jwt), if is_new { 200 } else { 401 });
            assert_eq!(token.verify(&jwks).is_ok(), is_new);
            signed.insert(kid);
        }
        assert_eq!(signed.len(), 4);
    }

    /// The published JWK set of each family.
    pub fn published_jwks(&self) -> [JwkSet; 2] {
        FAMILIES.map(|family| {
            let response = self.stack.request("GET", family.jwks_path, "");
            assert_eq!(response.status, 200, "{}", response.body);
            serde_json::from_value(response.json()).unwrap()
        })
    }
}

/// A token that the service issued.
#[derive(Clone)]
pub struct IssuedToken {
    pub family: usize,
    pub id: String,
    pub jwt: String,
}

impl IssuedToken {
    fn kid(&self) -> String {
        decode_header(&self.jwt).unwrap().kid.unwrap()
    }

    /// Verifies the signature offline with these JWK sets.
    pub fn verify(&self, jwks: &[JwkSet; 2]) -> Result<(), String> {
        let header = decode_header(&self.jwt).map_err(|error| error.to_string())?;
        let kid = header.kid.as_deref().unwrap_or_default();
        let jwk = jwks[self.family].find(kid).ok_or("its key is not published")?;
        let mut validation = Validation::new(header.alg);
        validation.validate_aud = false;
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
        decode::<Value>(&self.jwt, &key, &validation).map(drop).map_err(|error| error.to_string())
    }
}

/// The clients. Each repeats its round at its own pace.
const CLIENTS: [fn(&LoadTest); 5] = [
    LoadTest::use_tokens_from_before,
    LoadTest::create_tokens,
    LoadTest::verify_offline,
    LoadTest::revoke_tokens,
    LoadTest::forge_tokens,
];

/// State that the clients share.
struct LoadTest {
    rotation: RotationStack,
    /// A token of each family from before the rotation.
    before: [IssuedToken; 2],
    /// A key that is in no key set.
    unknown_key: KmsKey,
    created: Mutex<Vec<IssuedToken>>,
    revoked: Mutex<Vec<IssuedToken>>,
    /// Completed rounds of each client.
    rounds: [AtomicUsize; CLIENTS.len()],
    finished: AtomicBool,
}

/// Ends the clients when it is dropped, also if the test fails.
struct FinishOnDrop<'l>(&'l AtomicBool);

impl Drop for FinishOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl LoadTest {
    fn new(rotation: RotationStack) -> Self {
        Self {
            before: [ACCESS, PUBLIC].map(|family| rotation.create_token(family)),
            unknown_key: KmsKey::create(&rotation.stack, "RSA_2048"),
            rotation,
            created: Mutex::default(),
            revoked: Mutex::default(),
            rounds: Default::default(),
            finished: AtomicBool::new(false),
        }
    }

    fn use_tokens_from_before(&self) {
        for token in &self.before {
            self.rotation.assert_accepted(token);
        }
    }

    fn create_tokens(&self) {
        for family in [ACCESS, PUBLIC] {
            let token = self.rotation.create_token(family);
            self.rotation.assert_accepted(&token);
            self.created.lock().unwrap().push(token);
        }
    }

    /// The JWK sets verify every token that was created before they were fetched.
    fn verify_offline(&self) {
        let created = self.created.lock().unwrap().clone();
        let jwks = self.rotation.published_jwks();
        for token in self.before.iter().chain(created.iter().rev().take(8)) {
            assert_eq!(token.verify(&jwks), Ok(()));
        }
    }

    fn revoke_tokens(&self) {
        for family in [ACCESS, PUBLIC] {
            let token = self.rotation.create_token(family);
            self.rotation.assert_accepted(&token);
            self.rotation.stack.revoke(&self.rotation.owner, &token.id);
            self.rotation.assert_rejected(family, &token.jwt, "a revoked token");
            self.revoked.lock().unwrap().push(token);
        }
        let first = self.revoked.lock().unwrap()[..2].to_vec();
        for token in first {
            self.rotation.assert_rejected(token.family, &token.jwt, "a token revoked earlier");
        }
    }

    /// Signs the claims of valid tokens with the unknown key, under each `kid`.
    fn forge_tokens(&self) {
        for token in &self.before {
            let claims = claims_of(&token.jwt);
            for kid in [self.unknown_key.kid(), &token.kid(), self.rotation.keys[token.family].new.kid()] {
                let forged = self.unknown_key.sign(&self.rotation.stack, "at+jwt", &claims, kid);
                self.rotation.assert_rejected(token.family, &forged, "a token signed with an unknown key");
            }
        }
    }

    fn repeat(&self, rounds: &AtomicUsize, round: fn(&Self)) {
        while !self.finished.load(Ordering::SeqCst) {
            round(self);
            rounds.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Runs the clients while `work` runs. Its argument waits until each client has completed [`ROUNDS_PER_UPDATE`] more rounds.
    fn run_during(&self, work: impl FnOnce(&dyn Fn())) {
        thread::scope(|scope| {
            let finish = FinishOnDrop(&self.finished);
            let clients = self.rounds.iter().zip(CLIENTS);
            let clients: Vec<_> =
                clients.map(|(rounds, round)| scope.spawn(move || self.repeat(rounds, round))).collect();
            work(&|| {
                let completed = |rounds: &AtomicUsize| rounds.load(Ordering::SeqCst);
                let goals: Vec<_> = self.rounds.iter().map(|rounds| completed(rounds) + ROUNDS_PER_UPDATE).collect();
                eventually(|| {
                    assert!(!clients.iter().any(thread::ScopedJoinHandle::is_finished), "a client failed");
                    let mut pairs = self.rounds.iter().zip(&goals);
                    pairs.all(|(rounds, goal)| completed(rounds) >= *goal).then_some(())
                });
            });
            drop(finish);
        });
    }

    /// After the load, every valid token is accepted and verifies with each of these JWK sets, and every revoked one is rejected.
    /// Returns the valid tokens.
    fn assert_outcome(&self, published: &[[JwkSet; 2]]) -> Vec<IssuedToken> {
        let created = [self.before.to_vec(), self.created.lock().unwrap().clone()].concat();
        let revoked = self.revoked.lock().unwrap();
        println!("{} tokens created, {} revoked", created.len(), revoked.len());
        assert!(created.len() > 4 * ROUNDS_PER_UPDATE && revoked.len() > 4 * ROUNDS_PER_UPDATE);
        for token in &created {
            self.rotation.assert_accepted(token);
            for jwks in published {
                assert_eq!(token.verify(jwks), Ok(()));
            }
        }
        for token in revoked.iter() {
            self.rotation.assert_rejected(token.family, &token.jwt, "a revoked token");
        }
        created
    }
}

/// Performs the whole rotation. Each deployment updates the functions in this order.
fn check_rotation(spec: &str, functions: [&str; 3]) {
    let load_test = LoadTest::new(RotationStack::new(spec));
    let rotation = &load_test.rotation;
    let add_new = Deployment::new(rotation, KeyOrder::OldThenNew);
    let sign_with_new = Deployment::new(rotation, KeyOrder::NewThenOld);
    for token in &load_test.before {
        let new = &rotation.keys[token.family].new;
        let premature = new.sign(&rotation.stack, "at+jwt", &claims_of(&token.jwt), new.kid());
        rotation.assert_rejected(token.family, &premature, "a token signed with a key that is not in the key set yet");
    }
    let mut jwks_with_both = None;
    load_test.run_during(|wait_for_rounds| {
        wait_for_rounds();
        for deployment in [&add_new, &sign_with_new] {
            for function in functions {
                rotation.update(function, deployment);
                wait_for_rounds();
            }
            jwks_with_both.get_or_insert_with(|| rotation.published_jwks());
        }
    });
    let tokens = load_test.assert_outcome(&[rotation.published_jwks(), jwks_with_both.unwrap()]);
    let remove_old = Deployment::new(rotation, KeyOrder::NewOnly);
    for function in functions {
        rotation.update(function, &remove_old);
    }
    rotation.assert_old_keys_are_rejected(&tokens);
    for deployment in [add_new, sign_with_new, remove_old] {
        let calls = deployment.kms.calls.all();
        assert!(!calls.is_empty() && calls.iter().all(|call| call.allowed), "{calls:?}");
    }
}

/// No valid token is rejected and no invalid one is accepted during the rotation.
#[test]
fn rotation_updating_authorizer_first_is_seamless() {
    check_rotation("ECC_NIST_P256", ["authorizer", "well-known", "create-token"]);
}

/// No valid token is rejected and no invalid one is accepted during the rotation.
#[test]
fn rotation_updating_create_token_first_is_seamless() {
    check_rotation("RSA_2048", ["create-token", "well-known", "authorizer"]);
}

/// Shows why the first deployment is required: without it, tokens are rejected until every function has the new key.
#[test]
fn key_that_signs_too_early_yields_rejected_tokens() {
    let rotation = RotationStack::new("ECC_NIST_P256");
    let sign_with_new = Deployment::new(&rotation, KeyOrder::NewThenOld);
    rotation.update("create-token", &sign_with_new);
    let tokens = [ACCESS, PUBLIC].map(|family| rotation.create_token(family));
    for token in &tokens {
        rotation.assert_rejected(
            token.family,
            &token.jwt,
            "a token signed with a key that the authorizer does not have",
        );
        assert_eq!(token.verify(&rotation.published_jwks()), Err("its key is not published".to_owned()));
    }
    for function in ["authorizer", "well-known"] {
        rotation.update(function, &sign_with_new);
    }
    for token in &tokens {
        rotation.assert_accepted(token);
        assert_eq!(token.verify(&rotation.published_jwks()), Ok(()));
    }
}

/// `CloudFormation` changes the role of a function before the version that serves requests. The role may sign with the
/// additional keys as well, so the version signs with the old key until the alias moves.
#[test]
fn create_token_with_role_of_the_next_deployment_succeeds() {
    let rotation = RotationStack::new("RSA_2048");
    let sign_with_new = Deployment::new(&rotation, KeyOrder::NewThenOld);
    rotation.stack.restart("create-token", sign_with_new.policy_variables());
    for token in [ACCESS, PUBLIC].map(|family| rotation.create_token(family)) {
        rotation.assert_accepted(&token);
    }
}

/// A key that the role no longer permits, and the key set still names, causes a server error and no 401.
#[test]
fn key_removed_from_policy_first_fails_without_401() {
    let rotation = RotationStack::new("RSA_2048");
    let before = [ACCESS, PUBLIC].map(|family| rotation.create_token(family));
    let sign_with_new = Deployment::new(&rotation, KeyOrder::NewThenOld);
    rotation.update("create-token", &sign_with_new);
    rotation.update("authorizer", &sign_with_new);
    let remove_old = Deployment::new(&rotation, KeyOrder::NewOnly);
    rotation.stack.restart("authorizer", remove_old.policy_variables());
    for token in &before {
        assert_eq!(rotation.status_of(token.family, &token.jwt), 503);
    }
}
