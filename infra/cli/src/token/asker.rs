//! The token that asks, among those that it revokes.

use crate::{api::Api, error::Error, item::Item};

/// The token that asks. It revokes nothing more once it or its parent is revoked.
pub struct Asker {
    id: String,
    parent: Option<String>,
}

impl Asker {
    /// Who asks; `None` for a person.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn of(api: &Api) -> Result<Option<Self>, Error> {
        match api.token("self").await {
            Ok(answer) => Item::read(&answer.text).map(|item| Some(Self { id: item.id, parent: item.parent })),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts at the end of `ids` what ends the one who asks: its parent, then itself.
    pub fn put_last(&self, ids: &mut [String]) {
        ids.sort_by_key(|id| if *id == self.id { 2 } else { u8::from(self.is_child_of(id)) });
    }

    /// Whether this is the token `id`.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.id == id
    }

    /// Whether the token `id` made this one, which ends with it.
    #[must_use]
    pub fn is_child_of(&self, id: &str) -> bool {
        self.parent.as_deref() == Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_and_then_the_one_who_asks_are_last_and_the_others_stay_in_order() {
        let ordered = |asker: &Asker, ids: &str| {
            let mut ids: Vec<String> = ids.split(' ').map(ToOwned::to_owned).collect();
            asker.put_last(&mut ids);
            ids.join(" ")
        };
        let child = Asker { id: "c".to_owned(), parent: Some("p".to_owned()) };
        assert_eq!(ordered(&child, "c z p a"), "z a p c");
        assert_eq!(ordered(&child, "p z a"), "z a p");
        let alone = Asker { id: "c".to_owned(), parent: None };
        assert_eq!(ordered(&alone, "z c p a"), "z p a c");
    }
}
