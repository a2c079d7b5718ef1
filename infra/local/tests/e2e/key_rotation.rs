//! Rotating the signing keys under load, as two deployments do and one function after the other: a key is appended to each
//! ring, then put first. Later the old one is taken out.

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
    harness::{World, eventually},
    kms_keys::Key,
};

/// Each family's key in the template, the parameters of its ring, the variable that they become, and its JWK set.
const FAMILIES: [(&str, [&str; 2], &str, &str); 2] = [
    (
        "AccessKey",
        ["AccessSigningKeyArn", "AdditionalAccessKeyArns"],
        "ACCESS_KEYS",
        "/v1/access-tokens/.well-known/jwks.json",
    ),
    (
        "PublicKey",
        ["PublicSigningKeyArn", "AdditionalPublicKeyArns"],
        "PUBLIC_KEYS",
        "/v1/access-tokens/public/.well-known/jwks.json",
    ),
];

/// How often each client has to get through after a function was updated, before the next one is.
const ROUNDS: usize = 3;

/// A stack, and keys for its families.
pub struct Rotation {
    pub world: World,
    /// Each family's: the one that it has, and the one that it is to have.
    keys: [[Key; 2]; 2],
    owner: String,
}

/// What `CloudFormation` makes of the template with one ring for each family: the functions' policies and variables.
pub struct Deployment {
    template: Template,
    /// KMS, open to the functions as far as these policies say.
    kms: Aws,
}

impl Deployment {
    /// The rings of both families, each with the key that signs at first.
    pub fn of(rotation: &Rotation, rings: impl Fn(&[Key; 2]) -> Vec<&Key>) -> Self {
        let mut parameters = BTreeMap::from([("PublicUrl".to_owned(), rotation.world.stack().local.url.clone())]);
        for ((_, [signing, others], ..), keys) in FAMILIES.iter().zip(&rotation.keys) {
            let arns: Vec<_> = rings(keys).iter().map(|key| key.arn.as_str()).collect();
            parameters.insert((*signing).to_owned(), arns[0].to_owned());
            parameters.insert((*others).to_owned(), arns[1..].join(","));
        }
        let text = fs::read_to_string(build::workspace().join("template.yaml")).unwrap();
        let stack = rotation.world.stack();
        let template = load(&text, &parameters, &stack.template.pseudo_parameters).unwrap();
        let upstreams = Upstreams {
            dynamodb: Some(stack.local.dynamodb_url.parse().unwrap()),
            kms: Some(stack.local.kms_url.parse().unwrap()),
        };
        let principals = template.functions.iter().map(|function| (function.name.clone(), principal(function)));
        // It asks the stack's own KMS by the name of its account, and the operator may ask all.
        let options = AwsOptions {
            principals: principals.collect(),
            account: OPERATOR.to_owned(),
            upstreams,
            ..AwsOptions::default()
        };
        Self { template, kms: rotation.world.run(Aws::start(options)).unwrap() }
    }

    /// The variables of `function` that say which keys there are.
    fn rings(&self, function: &str) -> BTreeMap<String, String> {
        let function = self.template.functions.iter().find(|own| own.name == function).unwrap();
        FAMILIES.iter().map(|(.., name, _)| ((*name).to_owned(), function.environment[*name].clone())).collect()
    }

    /// The variable of a function that has these policies.
    fn policies(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("AWS_ENDPOINT_URL_KMS".to_owned(), self.kms.kms_url.clone())])
    }
}

fn principal(function: &Function) -> Principal {
    Principal { name: function.name.clone(), statements: function.statements.clone() }
}

impl Rotation {
    /// A stack as it is deployed without a word on keys, and new ones of the kind `spec` in its KMS.
    pub fn new(spec: &str) -> Self {
        let world = World::with_sample();
        let keys = FAMILIES.map(|(id, ..)| {
            let old = world.stack().template.keys.iter().find(|key| key.logical_id == id).unwrap();
            [Key::read(&world, &old.arn), Key::make(&world, spec)]
        });
        let owner = world.person_as("123", "1001", &["owner"]);
        Self { world, keys, owner }
    }

    /// Gives `function` the policies and the rings of `deployment`.
    pub fn update(&self, function: &str, deployment: &Deployment) {
        let mut changes = deployment.policies();
        changes.extend(deployment.rings(function));
        self.change(function, changes);
    }

    fn change(&self, function: &str, changes: BTreeMap<String, String>) {
        self.world.run(self.world.stack().lambda.restart(function, changes)).unwrap();
    }

    /// A new token of the family at this place, a living one.
    fn token(&self, family: usize) -> Made {
        let members = if family == 0 { json!({}) } else { json!({"journey_id": "j"}) };
        let (item, token) = self.world.token(&self.owner, &members);
        Made { family, path: format!("/v1/access-tokens/{}", item["id"].as_str().unwrap()), token }
    }

    /// Uses `token`, an access token at Latchkey itself, a public one at an API that is open to them. Gives the status.
    fn use_of(&self, family: usize, token: &str) -> u16 {
        if family == 0 {
            return self.world.call("GET", "/v1/access-tokens/self", token).status;
        }
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        self.world.send_to(&self.world.sample().rest, "GET", "/catalog", &headers, "").status
    }

    fn assert_good(&self, made: &Made) {
        assert_eq!(self.use_of(made.family, &made.token), 200, "a good token of the family {} is refused", made.family);
    }

    fn assert_bad(&self, family: usize, token: &str, what: &str) {
        assert_eq!(self.use_of(family, token), 401, "{what} is accepted");
    }

    /// Tokens by the new keys go on, those by the old ones have ended. Each key of each family has signed some.
    fn assert_old_keys_are_out(&self, made: &[Made]) {
        let (sets, mut signed) = (self.published(), BTreeSet::new());
        for made in made {
            let kid = made.kid();
            let by_new = kid == self.keys[made.family][1].kid();
            assert!(by_new || kid == self.keys[made.family][0].kid(), "{kid}");
            assert_eq!(self.use_of(made.family, &made.token), if by_new { 200 } else { 401 });
            assert_eq!(made.verify(&sets).is_ok(), by_new);
            signed.insert(kid);
        }
        assert_eq!(signed.len(), 4);
    }

    /// The published keys of both families.
    pub fn published(&self) -> [JwkSet; 2] {
        FAMILIES.map(|(.., path)| {
            let reply = self.world.call("GET", path, "");
            assert_eq!(reply.status, 200, "{}", reply.text);
            serde_json::from_value(reply.json()).unwrap()
        })
    }
}

/// A token that was made, and where token is revoked.
#[derive(Clone)]
pub struct Made {
    pub family: usize,
    pub path: String,
    pub token: String,
}

impl Made {
    fn kid(&self) -> String {
        decode_header(&self.token).unwrap().kid.unwrap()
    }

    /// Checks it offline, as a third party does who has these keys.
    pub fn verify(&self, sets: &[JwkSet; 2]) -> Result<(), String> {
        let header = decode_header(&self.token).map_err(|error| error.to_string())?;
        let jwk =
            sets[self.family].find(header.kid.as_deref().unwrap_or_default()).ok_or("its key is not published")?;
        let mut validation = Validation::new(header.alg);
        (validation.validate_aud, validation.validate_exp) = (false, false);
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
        decode::<Value>(&self.token, &key, &validation).map(|_| ()).map_err(|error| error.to_string())
    }
}

/// What the clients do in each round, each at its own pace.
const CLIENTS: [fn(&Load); 5] = [Load::use_old, Load::make, Load::verify, Load::revoke, Load::forge];

/// The clients' shared state.
struct Load {
    rotation: Rotation,
    /// Tokens of both families from before the rotation.
    before: [Made; 2],
    /// A key that is in no ring.
    stranger: Key,
    made: Mutex<Vec<Made>>,
    revoked: Mutex<Vec<Made>>,
    rounds: [AtomicUsize; CLIENTS.len()],
    over: AtomicBool,
}

/// Ends the load, also where a test fails.
struct End<'l>(&'l AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Load {
    fn new(rotation: Rotation) -> Self {
        Self {
            before: [0, 1].map(|family| rotation.token(family)),
            stranger: Key::make(&rotation.world, "RSA_2048"),
            rotation,
            made: Mutex::default(),
            revoked: Mutex::default(),
            rounds: Default::default(),
            over: AtomicBool::new(false),
        }
    }

    fn use_old(&self) {
        for made in &self.before {
            self.rotation.assert_good(made);
        }
    }

    fn make(&self) {
        for family in [0, 1] {
            let fresh = self.rotation.token(family);
            self.rotation.assert_good(&fresh);
            self.made.lock().unwrap().push(fresh);
        }
    }

    /// Whatever was made before the keys were fetched verifies by them.
    fn verify(&self) {
        let made = self.made.lock().unwrap().clone();
        let sets = self.rotation.published();
        for made in self.before.iter().chain(made.iter().rev().take(8)) {
            assert_eq!(made.verify(&sets), Ok(()));
        }
    }

    fn revoke(&self) {
        let world = &self.rotation.world;
        for family in [0, 1] {
            let fresh = self.rotation.token(family);
            self.rotation.assert_good(&fresh);
            assert_eq!(world.call("DELETE", &fresh.path, &self.rotation.owner).status, 200);
            self.rotation.assert_bad(family, &fresh.token, "a revoked token");
            self.revoked.lock().unwrap().push(fresh);
        }
        let first = self.revoked.lock().unwrap()[..2].to_vec();
        for made in first {
            self.rotation.assert_bad(made.family, &made.token, "a token revoked long ago");
        }
    }

    /// A key of nobody's signs what the row of a living token says.
    fn forge(&self) {
        for made in &self.before {
            let claims = World::claims(&made.token);
            for kid in [self.stranger.kid(), &made.kid(), self.rotation.keys[made.family][1].kid()] {
                let forged = self.stranger.sign(&self.rotation.world, &claims, kid);
                self.rotation.assert_bad(made.family, &forged, "a token signed by a key that is in no ring");
            }
        }
    }

    fn repeat(&self, rounds: &AtomicUsize, round: fn(&Self)) {
        while !self.over.load(Ordering::SeqCst) {
            round(self);
            rounds.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Runs every client until `work` is done, which is given what waits until each got through some times more.
    fn during(&self, work: impl FnOnce(&dyn Fn())) {
        thread::scope(|scope| {
            let end = End(&self.over);
            let clients = self.rounds.iter().zip(CLIENTS);
            let clients: Vec<_> =
                clients.map(|(rounds, round)| scope.spawn(move || self.repeat(rounds, round))).collect();
            work(&|| {
                let goals: Vec<_> = self.rounds.iter().map(|rounds| rounds.load(Ordering::SeqCst) + ROUNDS).collect();
                eventually(|| {
                    assert!(
                        !clients.iter().any(thread::ScopedJoinHandle::is_finished),
                        "a client met what it must not"
                    );
                    let reached = |(rounds, goal): (&AtomicUsize, &usize)| rounds.load(Ordering::SeqCst) >= *goal;
                    self.rounds.iter().zip(&goals).all(reached).then_some(())
                });
            });
            drop(end);
        });
    }
}

impl Load {
    /// After the load: every good token is accepted and verifies offline by each of these sets, every revoked one is refused.
    /// Gives the good ones.
    fn assert_held(&self, published: &[[JwkSet; 2]]) -> Vec<Made> {
        let made = [self.before.to_vec(), self.made.lock().unwrap().clone()].concat();
        let revoked = self.revoked.lock().unwrap();
        println!("{} tokens made, {} revoked", made.len(), revoked.len());
        assert!(made.len() > 4 * ROUNDS && revoked.len() > 4 * ROUNDS);
        for made in &made {
            self.rotation.assert_good(made);
            for sets in published {
                assert_eq!(made.verify(sets), Ok(()));
            }
        }
        for made in revoked.iter() {
            self.rotation.assert_bad(made.family, &made.token, "a revoked token");
        }
        made
    }
}

/// The whole rotation, the functions in this order in each deployment.
fn rotate(spec: &str, order: [&str; 3]) {
    let load = Load::new(Rotation::new(spec));
    let rotation = &load.rotation;
    let append = Deployment::of(rotation, |[old, new]| vec![old, new]);
    let put_first = Deployment::of(rotation, |[old, new]| vec![new, old]);
    for made in &load.before {
        let new = &rotation.keys[made.family][1];
        let early = new.sign(&rotation.world, &World::claims(&made.token), new.kid());
        rotation.assert_bad(made.family, &early, "a token signed by a key that is in no ring yet");
    }
    let mut appended = None;
    load.during(|progress| {
        progress();
        for deployment in [&append, &put_first] {
            for function in order {
                rotation.update(function, deployment);
                progress();
            }
            appended.get_or_insert_with(|| rotation.published());
        }
    });
    let made = load.assert_held(&[rotation.published(), appended.unwrap()]);
    let take_out = Deployment::of(rotation, |[_, new]| vec![new]);
    for function in order {
        rotation.update(function, &take_out);
    }
    rotation.assert_old_keys_are_out(&made);
    for deployment in [append, put_first, take_out] {
        let calls = deployment.kms.calls.all();
        assert!(!calls.is_empty() && calls.iter().all(|call| call.allowed), "{calls:?}");
    }
}

#[test]
fn rotation_updating_authorizer_first_is_seamless() {
    rotate("ECC_NIST_P256", ["authorizer", "well-known", "create-token"]);
}

#[test]
fn rotation_updating_create_token_first_is_seamless() {
    rotate("RSA_2048", ["create-token", "well-known", "authorizer"]);
}

/// What the two tests above would see if a deployment were left out.
#[test]
fn key_that_signs_too_early_yields_rejected_tokens() {
    let rotation = Rotation::new("ECC_NIST_P256");
    let put_first = Deployment::of(&rotation, |[old, new]| vec![new, old]);
    rotation.update("create-token", &put_first);
    let fresh = [0, 1].map(|family| rotation.token(family));
    for made in &fresh {
        rotation.assert_bad(made.family, &made.token, "a token signed by a key that the authorizer does not have");
        assert_eq!(made.verify(&rotation.published()), Err("its key is not published".to_owned()));
    }
    for function in ["authorizer", "well-known"] {
        rotation.update(function, &put_first);
    }
    for made in &fresh {
        rotation.assert_good(made);
        assert_eq!(made.verify(&rotation.published()), Ok(()));
    }
}

/// `CloudFormation` changes a role before the function that has it.
#[test]
fn key_removed_from_policy_first_fails_without_401() {
    let rotation = Rotation::new("RSA_2048");
    let before = [0, 1].map(|family| rotation.token(family));
    let put_first = Deployment::of(&rotation, |[old, new]| vec![new, old]);
    rotation.change("create-token", put_first.policies());
    rotation.world.create(&rotation.owner, &json!({"name": "n"})).assert_problem(500, "internal");
    rotation.update("create-token", &put_first);
    rotation.update("authorizer", &put_first);
    let take_out = Deployment::of(&rotation, |[_, new]| vec![new]);
    rotation.change("authorizer", take_out.policies());
    for made in &before {
        assert_eq!(rotation.use_of(made.family, &made.token), 503);
    }
}
