//! The operation that changes the name and the description of a token.

use serde_json::{Map, Value};

use crate::{
    caller::Caller,
    error::ApiError,
    json::excerpt,
    ports::{Clock, UpdateToken},
    token::{Description, DescriptionChange, Token, TokenChanges, TokenName, require_visible},
};

/// Changes the texts of tokens.
pub struct Update<L, C> {
    /// Changes tokens with conditional writes.
    pub ledger: L,
    /// Source of the current time.
    pub clock: C,
}

impl<L: UpdateToken, C: Clock> Update<L, C> {
    /// Changes the token `id` of the caller's organization and returns it.
    ///
    /// A token does not change its own item, whatever it may do: the texts are how its owner recognizes it.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] if a token means itself or the caller has no scope, [`ApiError::NotFound`] if
    /// the token does not exist, belongs to another organization or is outside of the caller's scope, without a difference
    /// between these, [`ApiError::TokenInactive`] if it is revoked or expired, and the errors of the ledger.
    pub async fn run(&self, caller: &Caller, id: &str, changes: &TokenChanges) -> Result<Token, ApiError> {
        let accessible = caller.accessible_tokens()?;
        let id = caller.resolve(id)?;
        if caller.token().is_some_and(|token| token.id == id) {
            return Err(ApiError::PermissionDenied("a token cannot change its own name and description".to_owned()));
        }
        let now = self.clock.now();
        let stored = self.ledger.update_token(&id, &caller.org, &accessible, changes, now).await?;
        let token = stored.ok_or(ApiError::NotFound)?;
        if token.is_changeable(now) { Ok(token) } else { Err(ApiError::TokenInactive) }
    }
}

/// Parses the members of a request body.
///
/// # Errors
///
/// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
pub fn parse_changes(members: &Map<String, Value>) -> Result<TokenChanges, ApiError> {
    if let Some(unknown) = members.keys().find(|name| !["name", "description"].contains(&name.as_str())) {
        return Err(invalid(format!("`{}` is not a member of a change of a token", excerpt(unknown))));
    }
    if members.is_empty() {
        return Err(invalid("`name` or `description` is required".to_owned()));
    }
    Ok(TokenChanges { name: members.get("name").map(name).transpose()?, description: description(members)? })
}

fn name(value: &Value) -> Result<TokenName, ApiError> {
    let text = value.as_str().ok_or_else(|| invalid("`name` must be a string".to_owned()))?;
    let name: TokenName = text.parse().map_err(|error| invalid(format!("{error}")))?;
    require_visible(name.as_str()).map_err(|error| invalid(format!("`name` {error}")))?;
    Ok(name)
}

fn description(members: &Map<String, Value>) -> Result<DescriptionChange, ApiError> {
    let text = match members.get("description") {
        None => return Ok(DescriptionChange::Keep),
        Some(Value::Null) => return Ok(DescriptionChange::Remove),
        Some(Value::String(text)) => text,
        Some(_) => return Err(invalid("`description` must be a string or null".to_owned())),
    };
    let description: Description = text.parse().map_err(|error| invalid(format!("{error}")))?;
    require_visible(description.as_str()).map_err(|error| invalid(format!("`description` {error}")))?;
    Ok(DescriptionChange::Set(description))
}

fn invalid(message: String) -> ApiError {
    ApiError::Invalid(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        caller::{CallerIdentity, tests::person, tests::token},
        memory::{At, Memory},
        permissions::Scope,
        token::{TokenId, samples},
    };

    fn parse(body: &Value) -> Result<TokenChanges, String> {
        parse_changes(body.as_object().unwrap()).map_err(|error| error.public_message())
    }

    fn renaming() -> TokenChanges {
        parse(&json!({"name": "New name", "description": "New description"})).unwrap()
    }

    async fn update(ledger: &Memory, caller: &Caller, id: &TokenId) -> Result<Token, ApiError> {
        let update = Update { ledger: ledger.clone(), clock: At(samples::at(1_566_656_200)) };
        update.run(caller, &id.to_string(), &renaming()).await
    }

    #[test]
    fn request_changes_the_members_that_it_contains() {
        let described = samples::with_description();
        for (body, name, description, members) in [
            (json!({"name": " B "}), "B", Some("Stored in the vault"), &["name"][..]),
            (json!({"description": " d "}), "Postman Access Token", Some("d"), &["description"]),
            (json!({"description": null}), "Postman Access Token", None, &["description"]),
            (json!({"name": "B", "description": null}), "B", None, &["name", "description"]),
        ] {
            let changes = parse(&body).unwrap();
            let after = changes.apply(&described);
            assert_eq!(after.name.as_str(), name, "{body}");
            assert_eq!(after.description.as_ref().map(Description::as_str), description, "{body}");
            assert_eq!(changes.members(), members);
            assert_eq!(
                Token { name: described.name.clone(), description: described.description.clone(), ..after },
                described
            );
        }
    }

    #[test]
    fn invalid_change_error_names_member_and_rule() {
        for (body, words) in [
            (json!({}), "`name` or `description` is required"),
            (json!({"read_only": false}), "`read_only` is not a member of a change of a token"),
            (json!({"name": "n", "expires_in": "30d"}), "`expires_in` is not a member"),
            (json!({"Name": "n"}), "`Name` is not a member"),
            (json!({"name": null}), "`name` must be a string"),
            (json!({"name": 5}), "`name` must be a string"),
            (json!({"name": " "}), "`name` must not be blank"),
            (json!({"name": "n".repeat(256)}), "`name` must not exceed 255 characters"),
            (json!({"name": "a\nb"}), "`name` must not contain control characters"),
            (json!({"name": "a\u{202e}b"}), "`name` must not contain the invisible or reordering character U+202E"),
            (json!({"description": ""}), "`description` must not be blank"),
            (json!({"description": 5}), "`description` must be a string or null"),
            (json!({"description": ["d"]}), "`description` must be a string or null"),
            (json!({"description": "d".repeat(1_001)}), "`description` must not exceed 1000 characters"),
            (json!({"description": "a\nb"}), "`description` must be one line without control characters"),
            (json!({"description": "a\u{200b}b"}), "`description` must not contain the invisible"),
            (json!({"description": "\u{3164}"}), "`description` must contain a visible character"),
            (json!({"name": "n", "description": "\u{feff}d"}), "U+FEFF"),
        ] {
            let message = parse(&body).unwrap_err();
            assert!(message.contains(words), "{body}: {message}");
        }
        assert!(parse(&json!({"description": "d".repeat(1_000)})).is_ok());
    }

    #[tokio::test]
    async fn update_changes_texts_and_nothing_else() {
        for before in [samples::plain(), samples::child(), samples::with_networks(), samples::journey()] {
            let ledger = Memory::with([before.clone()]);
            let after = update(&ledger, &person(&[]), &before.id).await.unwrap();
            assert_eq!(
                (after.name.as_str(), after.description.as_ref().unwrap().as_str()),
                ("New name", "New description")
            );
            assert_eq!(ledger.token(&before.id), Some(after.clone()));
            assert_eq!(Token { name: before.name.clone(), description: None, ..after }, before);
        }
    }

    #[tokio::test]
    async fn update_token_outside_of_scope_is_not_found() {
        let ledger = Memory::with([samples::plain(), samples::child(), samples::with_inherited_denies()]);
        let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..person(&[]) };
        let outsider = Caller { org: "124".parse().unwrap(), ..person(&["124:owner"]) };
        let child = samples::child().id;
        let sibling = samples::with_inherited_denies().id;
        for (caller, id) in [
            (stranger.with_scope(Some(Scope::Own)), &child),
            (token(&[], None, None).with_scope(Some(Scope::Own)), &sibling),
            (token(&[], None, None).with_scope(Some(Scope::OwnToken)), &child),
            (outsider, &child),
        ] {
            assert_eq!(update(&ledger, &caller, id).await, Err(ApiError::NotFound), "{caller:?}");
        }
        let unscoped = update(&ledger, &person(&[]).with_scope(None), &child).await;
        assert!(matches!(unscoped, Err(ApiError::PermissionDenied(_))));
        let absent = "api_AAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
        assert_eq!(update(&ledger, &person(&[]), &absent).await, Err(ApiError::NotFound));
        assert_eq!(ledger.token(&child), Some(samples::child()), "unchanged");
        assert_eq!(ledger.token(&absent), None);
        let parent = token(&[], None, None).with_scope(Some(Scope::Own));
        assert_eq!(update(&ledger, &parent, &child).await.unwrap().name.as_str(), "New name");
    }

    #[tokio::test]
    async fn token_cannot_change_its_own_item() {
        let ledger = Memory::with([samples::plain()]);
        let update = Update { ledger: ledger.clone(), clock: At(samples::at(10)) };
        for scope in [Scope::Organization, Scope::Own, Scope::OwnToken] {
            let caller = token(&["123:owner"], None, None).with_scope(Some(scope));
            for id in ["self".to_owned(), samples::plain().id.to_string()] {
                let refused = update.run(&caller, &id, &renaming()).await;
                assert!(matches!(refused, Err(ApiError::PermissionDenied(_))), "{scope:?} {id} {refused:?}");
            }
        }
        assert_eq!(
            update.run(&person(&[]), "self", &renaming()).await,
            Err(ApiError::NotFound),
            "a user is not a token"
        );
        assert_eq!(ledger.token(&samples::plain().id), Some(samples::plain()));
    }

    #[tokio::test]
    async fn update_inactive_token_is_a_conflict() {
        let expired = Token { expires_at: Some(samples::at(1_566_656_200)), ..samples::child() };
        let ledger = Memory::with([samples::revoked(), expired.clone()]);
        for before in [samples::revoked(), expired] {
            assert_eq!(update(&ledger, &person(&[]), &before.id).await, Err(ApiError::TokenInactive));
            assert_eq!(ledger.token(&before.id), Some(before), "unchanged");
        }
        let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..person(&[]) };
        let outside = update(&ledger, &stranger.with_scope(Some(Scope::Own)), &samples::revoked().id).await;
        assert_eq!(outside, Err(ApiError::NotFound), "whether it is active is not revealed");
    }
}
