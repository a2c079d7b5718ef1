//! *(the caller comes from the gateway)* The authorizer context, which passes the caller to the functions.

use std::{collections::BTreeMap, str::FromStr};

use super::{Caller, CallerIdentity, CallingToken};
use crate::{
    error::ApiError,
    permissions::RoleId,
    token::{Principal, UnixTime},
};

/// Longest list of a caller's roles, inherited denies included, in bytes, with one space between roles. A context contains
/// roles that are held and deny twice, and the gateway limits the whole response of the authorizer to 8,192 bytes.
pub const MAX_ROLE_LIST_BYTES: usize = 3_700;

/// The authorizer context: strings only, as a REST API requires.
pub type Context = BTreeMap<String, String>;

impl Caller {
    /// The caller as a context.
    #[must_use]
    pub fn to_context(&self) -> Context {
        let mut context = Context::from([
            ("org_id".to_owned(), self.org.to_string()),
            ("principal".to_owned(), self.principal().to_string()),
            ("roles".to_owned(), join(&self.roles)),
            ("deny_roles".to_owned(), join(&self.deny_roles)),
        ]);
        context.extend(self.scope.map(|scope| ("scope".to_owned(), scope.to_string())));
        if let Some(token) = self.token() {
            let optional = [
                ("parent", token.parent.as_ref().map(ToString::to_string)),
                ("owner", token.owner.as_ref().map(ToString::to_string)),
                ("expires_at", token.expires_at.map(|end| end.seconds().to_string())),
                ("restricted", token.restricted.then(|| true.to_string())),
            ];
            let present = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            context.extend(present);
            context.extend([
                ("token_id".to_owned(), token.id.to_string()),
                ("token_type".to_owned(), token.id.type_name().to_string()),
                ("read_only".to_owned(), token.read_only.to_string()),
                ("anonymize".to_owned(), token.anonymize.to_string()),
            ]);
        }
        context
    }

    /// Reads the caller from a context.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Unauthenticated`] if the authorizer did not create the context, for example if it is empty.
    pub fn from_context(context: &Context) -> Result<Self, ApiError> {
        Self::read(context)
            .ok_or_else(|| ApiError::Unauthenticated("the authorizer context is missing or malformed".to_owned()))
    }

    fn read(context: &Context) -> Option<Self> {
        let identity = match parse(context, "principal")? {
            Principal::User(_) if context.contains_key("token_id") => return None,
            Principal::User(id) => CallerIdentity::User(id),
            Principal::Token(id) => CallerIdentity::Token(CallingToken::read(context).filter(|token| token.id == id)?),
        };
        Some(Self {
            identity,
            org: parse(context, "org_id")?,
            roles: split(context, "roles")?,
            deny_roles: split(context, "deny_roles")?,
            // An absent or unknown scope grants access to nothing.
            scope: parse(context, "scope"),
        })
    }
}

impl CallingToken {
    fn read(context: &Context) -> Option<Self> {
        let optional = |name: &str| context.get(name).map(|text| text.parse::<i64>().ok());
        Some(Self {
            id: parse(context, "token_id")?,
            parent: match context.get("parent") {
                None => None,
                Some(parent) => Some(parent.parse().ok()?),
            },
            owner: match context.get("owner") {
                None => None,
                Some(owner) => Some(owner.parse().ok()?),
            },
            expires_at: match optional("expires_at") {
                None => None,
                Some(seconds) => Some(UnixTime::try_from(seconds?).ok()?),
            },
            read_only: parse(context, "read_only")?,
            anonymize: parse(context, "anonymize")?,
            // Absent for a token without grants, and in the context of an authorizer that rejects tokens with grants.
            restricted: match context.get("restricted").map(String::as_str) {
                None => false,
                Some("true") => true,
                Some(_) => return None,
            },
        })
    }
}

/// The roles as a context contains them, separated by spaces.
#[must_use]
pub fn join(roles: &[RoleId]) -> String {
    roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Length of the roles and inherited denies of a caller as one list, in bytes.
#[must_use]
pub fn role_list_bytes(roles: &[RoleId], inherited_denies: &[RoleId]) -> usize {
    join(&[roles, inherited_denies].concat()).len()
}

fn split(context: &Context, name: &str) -> Option<Vec<RoleId>> {
    context.get(name)?.split(' ').filter(|role| !role.is_empty()).map(|role| role.parse().ok()).collect()
}

fn parse<T: FromStr>(context: &Context, name: &str) -> Option<T> {
    context.get(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::tests::{person, token, token_mut},
        permissions::Scope,
        token::samples,
    };

    #[test]
    fn caller_context_round_trip_is_lossless() {
        let mut anonymized = token(&["123:a", "123:b"], Some(samples::child().id), Some(samples::at(5)));
        anonymized.deny_roles = vec!["123:b".parse().unwrap()];
        token_mut(&mut anonymized).anonymize = true;
        token_mut(&mut anonymized).restricted = true;
        token_mut(&mut anonymized).owner = Some("local|1 2".parse().unwrap());
        anonymized.scope = Some(Scope::Own);
        let unscoped = person(&[]).with_scope(None);
        for caller in [person(&[]), person(&["123:owner"]), token(&["123:a"], None, None), anonymized, unscoped] {
            assert_eq!(Caller::from_context(&caller.to_context()), Ok(caller));
        }
    }

    #[test]
    fn from_context_with_invalid_context_is_unauthenticated() {
        let valid = token(&["123:a"], Some(samples::child().id), Some(samples::at(5))).to_context();
        for name in ["org_id", "principal", "roles", "deny_roles", "token_id", "read_only", "anonymize"] {
            let mut context = valid.clone();
            context.remove(name);
            assert!(Caller::from_context(&context).is_err(), "without {name}");
        }
        for (name, value) in [
            ("org_id", ""),
            ("principal", "api_CCCCCCCCCCCCCCCCCCCCC"),
            ("principal", "local|1"),
            ("roles", "owner"),
            ("token_id", "api_x"),
            ("parent", ""),
            ("owner", "1"),
            ("owner", ""),
            ("expires_at", "soon"),
            ("expires_at", "-1"),
            ("read_only", "False"),
            ("anonymize", "0"),
            ("restricted", "false"),
            ("restricted", ""),
        ] {
            let mut context = valid.clone();
            context.insert(name.to_owned(), value.to_owned());
            assert!(Caller::from_context(&context).is_err(), "{name} {value}");
        }
        assert!(Caller::from_context(&Context::new()).is_err());
    }

    #[test]
    fn caller_with_unknown_scope_has_none() {
        let mut context = person(&[]).to_context();
        assert_eq!(context["scope"], "organization");
        for scope in ["", "all", "Organization", "own ", "tenant"] {
            context.insert("scope".to_owned(), scope.to_owned());
            let caller = Caller::from_context(&context).unwrap();
            assert_eq!(caller.scope, None, "{scope}");
            assert!(caller.accessible_tokens().is_err(), "{scope}");
        }
    }
}
