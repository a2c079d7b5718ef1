//! Deciding who asks, and whether they may.
//!
//! *(closed by default)* Every path through here that is not a grant is a [`Refused`], and so is an outage. Nothing is cached
//! but public keys: each decision reads the ledger.

mod own;
mod person;
mod provider;
mod rules;

use std::collections::HashMap;

pub use provider::{AudienceClaim, Organizations, Page, PageToken, Provider, ProviderError, may_be_fetched};
pub use rules::{Need, ResourcePattern, Route, Rule, Rules};

use crate::{
    caller::Caller,
    jwt::{Refusal, Unverified},
    ports::{Assignments, Clock, EvidenceReader, KeyRing, PortError, ProviderKeys, Toucher},
    rights::{Action, Holdings, OrgId, Refused as NotAllowed},
    token::{Families, Family, Issuer, TokenId},
};

/// Decides.
pub struct Authorize<L, K, P, C> {
    /// Reads tokens, roles and assignments, and notes the use of tokens.
    pub ledger: L,
    /// Our own keys, each family's.
    pub keys: Families<K>,
    /// The keys of identity providers.
    pub provider_keys: P,
    /// Tells the time.
    pub clock: C,
    /// What was configured.
    pub policy: Policy,
}

/// What an authorizer is configured to accept.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Under which names and for whom each family is and was issued.
    pub issuers: Families<Vec<Issuer>>,
    /// The identity providers whose people may call.
    pub providers: Vec<Provider>,
    /// What the routes need.
    pub rules: Rules,
}

impl Policy {
    /// The families whose tokens reach a route. Those of the public family are refused where they reach none, and their keys are
    /// needed to say so alone.
    #[must_use]
    pub fn families(&self) -> Families<bool> {
        Families { access: true, public: self.rules.admit_public_tokens() }
    }
}

/// What is asked: may whoever has this credential use this route?
pub struct Question {
    /// The bearer token, or why there is none, for the log alone.
    pub credential: Result<String, &'static str>,
    /// The id of the API.
    pub api: String,
    /// The request's method.
    pub method: String,
    /// The route as the gateway reports it: `POST /v1/access-tokens/{id}`.
    pub route: String,
    /// The path parameters that the gateway found.
    pub parameters: HashMap<String, String>,
    /// The organization that the request is to be moved to.
    pub org: OrgHeader,
}

/// What the header `x-epilot-org-id` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgHeader {
    /// It is not there.
    Absent,
    /// It names an organization.
    Org(OrgId),
    /// It is there and names none, or several.
    Unclear,
}

/// Why a request is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Nobody knows who asks. The cause is for the log alone, and so is the token, which is there where its signature is ours.
    Unauthenticated(String, Option<Box<Spent>>),
    /// It is known who asks, and they may not.
    Denied(Box<Denial>),
    /// It could not be decided. The cause is for the log alone.
    Undecided(String),
}

/// A token that we signed and that counts no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Its id.
    pub id: TokenId,
    /// The organization for which it was signed.
    pub org: OrgId,
}

/// A refusal of somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Who they are, in which organization; `None` where the organization is the very thing that is refused.
    pub caller: Option<Caller>,
    /// The contract's code.
    pub code: &'static str,
    /// The sentence that the caller reads: printable ASCII without quote and backslash, nothing of it from the request.
    pub reason: String,
}

/// The methods that change nothing (RFC 9110, section 9.2.1).
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Why a request is granted.
enum Permission {
    /// A token does what it may do with no role.
    WithoutRoles,
    /// The caller's roles count.
    ByRoles,
}

/// Somebody who is known, and what they hold.
struct Known {
    caller: Caller,
    holdings: Holdings,
    used: Option<own::Use>,
}

impl<L, K, P, C> Authorize<L, K, P, C>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    /// Decides on `question`, and says who asks; `None` on a route that is open to anybody, where nobody is asked who they are.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub async fn decide(&self, question: &Question) -> Result<Option<Caller>, Refused> {
        let rule = self.policy.rules.find(&question.api, &question.route);
        if rule.is_some_and(|rule| rule.need == Need::Nothing) {
            return Ok(None);
        }
        let known = self.recognize(question).await?;
        let permission = rule.map_or_else(no_rule, |rule| permit(rule, &known, question));
        let caller = match permission {
            Ok(Permission::WithoutRoles) => known.caller.without_roles(),
            Ok(Permission::ByRoles) => known.caller,
            Err((code, reason)) => return Err(deny(Some(known.caller), code, reason)),
        };
        if let Some(used) = known.used {
            used.note(&self.ledger).await;
        }
        Ok(Some(caller))
    }

    /// *(verify, then clear)* The issuer that the token claims selects the keys; everything else follows the signature.
    async fn recognize(&self, question: &Question) -> Result<Known, Refused> {
        let credential = question.credential.as_ref().map_err(|cause| unauthenticated(*cause))?;
        let token = Unverified::parse(credential)?;
        let is_ours = |family: &Family| self.policy.issuers.of(*family).iter().any(|own| own.issuer == token.issuer());
        if let Some(family) = [Family::Access, Family::Public].into_iter().find(is_ours) {
            return self.own(family, &token, &question.org).await;
        }
        let provider = self.policy.providers.iter().find(|provider| provider.issuer == token.issuer());
        match provider {
            Some(provider) => self.person(provider, &token, &question.org).await,
            None => Err(unauthenticated("its issuer is unknown")),
        }
    }
}

/// Why somebody may not: the contract's code, and the sentence that they read.
type Reason = (&'static str, String);

fn no_rule() -> Result<Permission, Reason> {
    Err(("permission_denied", "no rule opens this route".to_owned()))
}

fn permit(rule: &Rule, known: &Known, question: &Question) -> Result<Permission, Reason> {
    if known.is_public() {
        return known.permit_public(rule, question);
    }
    if means_itself(rule, known, question) {
        return Ok(Permission::WithoutRoles);
    }
    if known.caller.has_too_many_roles() {
        let Denial { code, reason, .. } = Denial::too_large();
        return Err((code, reason));
    }
    match &rule.need {
        Need::Permission(action, resource) => {
            let resource = resource.as_ref().map(|pattern| named(pattern, question)).transpose()?;
            known.holdings.decide(action, resource.as_deref()).map_err(|refused| explain(refused, action))?;
        }
        Need::AnyCaller if known.is_read_only() && !SAFE.contains(&question.method.as_str()) => {
            return Err((
                "read_only_token",
                "this token is read-only, and the request may change something".to_owned(),
            ));
        }
        Need::AnyCaller | Need::Nothing => {}
    }
    Ok(Permission::ByRoles)
}

/// The resource that the request names.
fn named(pattern: &ResourcePattern, question: &Question) -> Result<String, Reason> {
    let unnamed = || ("permission_denied", "the path does not name the resource that the rule asks for".to_owned());
    pattern.fill(&question.parameters).ok_or_else(unnamed)
}

impl Known {
    /// Whether this is a token of the public family.
    fn is_public(&self) -> bool {
        self.caller.token.as_ref().is_some_and(|token| token.id.type_name().family() == Family::Public)
    }

    fn is_read_only(&self) -> bool {
        self.caller.token.as_ref().is_some_and(|token| token.read_only)
    }

    /// A token of the public family needs no role on a route that is opened to them, and goes no further than the
    /// organization's root role.
    fn permit_public(&self, rule: &Rule, question: &Question) -> Result<Permission, Reason> {
        if !rule.public_tokens {
            return Err(("permission_denied", "tokens of the public family do not reach this route".to_owned()));
        }
        if let Need::Permission(action, resource) = &rule.need {
            let resource = resource.as_ref().map(|pattern| named(pattern, question)).transpose()?;
            let root = self.holdings.root_allows(action, resource.as_deref());
            root.map_err(|refused| explain(refused, action))?;
        }
        Ok(Permission::WithoutRoles)
    }
}

/// A token may always read and revoke itself, where the rule names the path parameter for it.
fn means_itself(rule: &Rule, known: &Known, question: &Question) -> bool {
    let (Some(parameter), Some(token)) = (&rule.own_id, &known.caller.token) else { return false };
    let named = question.parameters.get(parameter);
    named.is_some_and(|id| id == "self" || *id == token.id.to_string())
}

fn explain(refused: NotAllowed, action: &Action) -> Reason {
    match refused {
        NotAllowed::NoGrant => ("permission_denied", format!("you lack the permission {action}")),
        NotAllowed::Denied => ("permission_denied", format!("a role of yours denies {action}")),
        NotAllowed::Root => ("permission_denied", format!("the root role of the organization does not allow {action}")),
        NotAllowed::ReadOnly => {
            ("read_only_token", format!("this token is read-only, and {action} is no reading action"))
        }
    }
}

fn deny(caller: Option<Caller>, code: &'static str, reason: String) -> Refused {
    Refused::Denied(Box::new(Denial { caller, code, reason }))
}

impl Denial {
    /// The refusal of somebody of whom the gateway can carry nothing, since there is too much of it.
    #[must_use]
    pub fn too_large() -> Self {
        let reason = "you hold more roles in this organization than the gateway can carry".to_owned();
        Self { caller: None, code: "too_many_roles", reason }
    }
}

/// The refusal of an organization that the caller may not act in.
fn deny_org(reason: &str) -> Refused {
    deny(None, "permission_denied", reason.to_owned())
}

fn unauthenticated(cause: impl Into<String>) -> Refused {
    Refused::Unauthenticated(cause.into(), None)
}

impl Refused {
    /// The same refusal, which names `token` where it tells nobody who asks.
    fn of(self, token: impl FnOnce() -> Spent) -> Self {
        match self {
            Self::Unauthenticated(cause, _) => Self::Unauthenticated(cause, Some(Box::new(token()))),
            other => other,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        unauthenticated(refusal.to_string())
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::Undecided(error.to_string())
    }
}

#[cfg(test)]
mod tests;
