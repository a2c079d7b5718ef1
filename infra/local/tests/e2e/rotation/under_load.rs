//! Rotation under load: clients use a token while it is rotated again and again, responses are lost, and processes are killed.
//!
//! `LATCHKEY_ROTATIONS=1000 cargo test --test e2e rotation::under_load` runs 1,000 rounds.

use std::{
    env,
    process::Command,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use local::aws::{Service, faults::Fault};
use serde_json::json;

use crate::harness::{HttpResponse, LONG_AGO, TestStack, token_id};

/// Clients that use the token in each round, while it is rotated.
const CLIENTS: usize = 32;

/// Rounds, unless `LATCHKEY_ROTATIONS` is set.
const DEFAULT_ROUNDS: usize = DISTURBANCES.len();

/// What goes wrong in a round.
#[derive(Debug, Clone, Copy)]
enum Disturbance {
    None,
    /// A call of the function that rotates fails in this way.
    Call(&'static str, Service, Loss),
    /// All processes of this function are killed while they work.
    Killed(&'static str),
    /// The client is killed after it received the successor, and before it stored it.
    ResponseDropped,
    /// The client is killed after it stored the successor, and before it used it.
    KilledAfterStoring,
    /// The client is killed after its first use of the successor.
    KilledAfterUse,
}

#[derive(Debug, Clone, Copy)]
enum Loss {
    /// The service does not do the work.
    Before,
    /// The service does the work, and its response is lost. The SDK repeats the call.
    After,
    /// All responses are lost until the faults are cleared.
    All,
}

const DISTURBANCES: [Disturbance; 18] = [
    Disturbance::None,
    Disturbance::Call("BatchGetItem", Service::DynamoDb, Loss::Before),
    Disturbance::Call("BatchGetItem", Service::DynamoDb, Loss::All),
    Disturbance::Call("Sign", Service::Kms, Loss::Before),
    Disturbance::Call("Sign", Service::Kms, Loss::All),
    Disturbance::Call("PutItem", Service::DynamoDb, Loss::Before),
    Disturbance::Call("PutItem", Service::DynamoDb, Loss::After),
    Disturbance::Call("PutItem", Service::DynamoDb, Loss::All),
    Disturbance::Call("UpdateItem", Service::DynamoDb, Loss::Before),
    Disturbance::Call("UpdateItem", Service::DynamoDb, Loss::After),
    Disturbance::Call("UpdateItem", Service::DynamoDb, Loss::All),
    Disturbance::Killed("create-token"),
    Disturbance::Killed("authorizer"),
    Disturbance::Killed("create-token"),
    Disturbance::ResponseDropped,
    Disturbance::KilledAfterStoring,
    Disturbance::KilledAfterUse,
    Disturbance::None,
];

/// The stack, and the secret store from which each client reads the token.
struct Deployment {
    stack: TestStack,
    secret_store: RwLock<String>,
    granted: AtomicUsize,
}

impl Deployment {
    /// The token in the secret store.
    fn stored_token(&self) -> String {
        self.secret_store.read().unwrap().clone()
    }

    /// Uses the token as the recipe says: if it is rejected, the client reads the secret store again. A server error is repeated.
    fn use_token(&self) {
        let mut token = self.stored_token();
        loop {
            match self.stack.get_self(&token).status {
                200 => {
                    self.granted.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                401 => {
                    let newer = self.stored_token();
                    assert_ne!(newer, token, "the stored token is rejected");
                    token = newer;
                }
                status => assert!(status >= 500, "{status}"),
            }
        }
    }

    /// Sends the same rotation request until it succeeds.
    fn rotate(&self, token: &str, disturbance: Disturbance) -> HttpResponse {
        let kill = |function: &str| {
            let pids = self.stack.lambda.processes(function);
            let status = Command::new("kill").arg("-9").args(pids.iter().map(ToString::to_string)).status();
            status.unwrap();
        };
        if let Disturbance::Call(operation, service, loss) = disturbance {
            let (fault, times) = match loss {
                Loss::Before => (Fault::ConnectionClosed, Some(1)),
                Loss::After => (Fault::ResponseLost, Some(1)),
                Loss::All => (Fault::ResponseLost, None),
            };
            self.stack.faults().inject_for("create-token", service, operation, fault, times);
        }
        let send = || self.stack.rotate(token, "self", &json!({"overlap": "1h"}));
        let first = thread::scope(|scope| {
            let first = scope.spawn(send);
            if let Disturbance::Killed(function) = disturbance {
                kill(function);
            }
            first.join().unwrap()
        });
        self.stack.faults().clear_for("create-token");
        let mut response = first;
        while response.status != 201 {
            assert!(response.status >= 500, "{disturbance:?}: {} {}", response.status, response.body);
            response = send();
        }
        response
    }

    /// One run of the recipe, which ends early if the client is killed, and the runs that follow it.
    fn round(&self, disturbance: Disturbance) {
        let old = self.stored_token();
        let mut rotated = self.rotate(&old, disturbance);
        if matches!(disturbance, Disturbance::ResponseDropped) {
            let again = self.rotate(&old, Disturbance::None);
            assert_eq!(again.json()["id"], rotated.json()["id"], "the same successor");
            rotated = again;
        }
        let id = token_id(&rotated.json()).to_owned();
        let new = rotated.token();
        self.secret_store.write().unwrap().clone_from(&new);
        assert_eq!(self.eventual_status(&old), 200, "before and shortly after the first use");
        let next = match disturbance {
            // The next run finds the successor in the secret store. Clients have used it, so that the old token rotates no more.
            Disturbance::KilledAfterStoring | Disturbance::KilledAfterUse => {
                self.use_token();
                assert_eq!(self.eventual_status(&new), 200);
                self.stack.rotate(&old, "self", &json!({"overlap": "1h"})).assert_problem(409, "already_rotated");
                new
            }
            _ => new,
        };
        assert_eq!(self.eventual_status(&next), 200);
        self.end_old_token(&id, &old);
    }

    /// Lets the minute after the first use pass: the old token is never granted again.
    fn end_old_token(&self, successor: &str, old: &str) {
        self.stack.set_attribute(successor, "first_used_at", LONG_AGO);
        for _ in 0..3 {
            assert_eq!(self.eventual_status(old), 401, "a grant to the old token after its end");
        }
    }

    /// The status of a request with `token`, which is repeated after a server error.
    fn eventual_status(&self, token: &str) -> u16 {
        loop {
            let status = self.stack.get_self(token).status;
            if status < 500 {
                return status;
            }
        }
    }
}

#[test]
fn clients_always_have_a_working_token() {
    let rounds = env::var("LATCHKEY_ROTATIONS").map_or(DEFAULT_ROUNDS, |count| count.parse().expect("a number"));
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (_, token) = stack.create_token(&owner, &json!({}));
    let deployment = Deployment { stack, secret_store: RwLock::new(token), granted: AtomicUsize::new(0) };
    for round in 0..rounds {
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| deployment.use_token());
            }
            deployment.round(DISTURBANCES[round % DISTURBANCES.len()]);
        });
    }
    let granted = deployment.granted.load(Ordering::SeqCst);
    println!("{rounds} rotations, {granted} requests granted");
    assert!(granted >= rounds * CLIENTS, "each client of each round had a working token");
}
