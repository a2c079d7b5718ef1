//! The id of a token: `api_5ZugdRXasLfWBypHi93Fk`.

use std::{fmt, str::FromStr};

use super::TypeName;

/// How many characters follow the prefix: 21 of an alphabet of 64, 126 bits.
const KEY_LENGTH: usize = 21;

/// The part of a token's id behind its prefix: 21 characters of the nanoid alphabet (`A-Z a-z 0-9 _ -`). It alone makes
/// the id unique, and is the ledger's key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenKey(String);

/// The id of a token: the prefix of its type, an underscore, and the key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId {
    type_name: TypeName,
    key: TokenKey,
}

/// A text that has not the form of a token id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token id is its type, an underscore and 21 of A-Z a-z 0-9 _ -")]
pub struct TokenIdError;

/// The nanoid alphabet.
const ALPHABET: &[u8; 64] = b"_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl TokenKey {
    /// The key that the first 126 bits of `bits` spell.
    #[must_use]
    pub fn from_bits(bits: [u8; 32]) -> Self {
        let sextet = |n: usize| {
            let (byte, shift) = (n * 6 / 8, n * 6 % 8);
            let pair = u16::from_be_bytes([bits[byte], bits[byte + 1]]);
            char::from(ALPHABET[usize::from(pair << shift >> 10)])
        };
        Self((0..KEY_LENGTH).map(sextet).collect())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TokenId {
    /// The id of the token with this type and key.
    #[must_use]
    pub fn new(type_name: TypeName, key: TokenKey) -> Self {
        Self { type_name, key }
    }

    /// The type that the prefix names.
    #[must_use]
    pub fn type_name(&self) -> TypeName {
        self.type_name
    }

    /// The part behind the prefix.
    #[must_use]
    pub fn key(&self) -> &TokenKey {
        &self.key
    }
}

impl FromStr for TokenKey {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        let fits =
            text.len() == KEY_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        fits.then(|| Self(text.to_owned())).ok_or(TokenIdError)
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        let (prefix, key) = text.split_once('_').ok_or(TokenIdError)?;
        Ok(Self { type_name: prefix.parse().map_err(|_| TokenIdError)?, key: key.parse()? })
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.type_name, self.key)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_token_id_is_a_prefix_and_21_characters_of_the_nanoid_alphabet() {
        for good in ["api_5ZugdRXasLfWBypHi93Fk", "assume______________________", "app_---------------------"] {
            assert_eq!(good.parse::<TokenId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "api",
            "api_",
            "5ZugdRXasLfWBypHi93Fk",
            "API_5ZugdRXasLfWBypHi93Fk",
            "root_5ZugdRXasLfWBypHi93Fk",
            "api_5ZugdRXasLfWBypHi93F",
            "api_5ZugdRXasLfWBypHi93Fkk",
            "api_5ZugdRXasLfWBypHi93F#",
            "api_5ZugdRXasLfWBypHi93é",
            " api_5ZugdRXasLfWBypHi93Fk",
        ] {
            assert_eq!(bad.parse::<TokenId>(), Err(TokenIdError), "{bad}");
        }
    }

    /// The ids of tokens that were made under an idempotency key follow from this: another order of the bits would lose them.
    #[test]
    fn a_key_is_spelled_by_six_bits_a_character_the_highest_first() {
        for (first, spelled) in [(0, "_-0123456789abcdefghi"), (43, "FGHIJKLMNOPQRSTUVWXYZ")] {
            let packed = (first..first + 21).fold(0_u128, |packed, sextet| packed << 6 | sextet);
            let mut bits = [0xff; 32];
            bits[..16].copy_from_slice(&(packed << 2).to_be_bytes());
            assert_eq!(TokenKey::from_bits(bits).as_str(), spelled);
        }
    }

    #[test]
    fn an_id_looks_the_same_to_a_developer() {
        let id: TokenId = "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap();
        assert_eq!(
            (format!("{id:?}"), format!("{:?}", id.key())),
            (id.to_string(), "5ZugdRXasLfWBypHi93Fk".to_owned())
        );
    }
}
