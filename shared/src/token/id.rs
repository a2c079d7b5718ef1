//! The id of a token: its type and a unique key, such as `api_5ZugdRXasLfWBypHi93Fk`.

use std::{fmt, str::FromStr};

use super::TypeName;

/// Characters of a key: 21 of an alphabet of 64, which is 126 bits.
const KEY_CHARACTERS: usize = 21;

/// The part of a token id after the type: 21 characters of the nanoid alphabet (`A-Z a-z 0-9 _ -`). It is unique across
/// all types and identifies the token in the ledger.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenKey(String);

/// The id of a token: its type, an underscore and its key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId {
    type_name: TypeName,
    key: TokenKey,
}

/// The text is not a token id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token id must be a token type, an underscore and 21 characters of A-Z a-z 0-9 _ -")]
pub struct TokenIdError;

/// The nanoid alphabet. The order of the characters is part of every key that is derived from an idempotency key.
const ALPHABET: &[u8; 64] = b"_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl TokenKey {
    /// Encodes the first 126 bits of `bits`, 6 bits per character, most significant bits first.
    #[must_use]
    pub fn from_bits(bits: [u8; 32]) -> Self {
        let sextet = |n: usize| {
            let byte = n * 6 / 8;
            let shift = n * 6 % 8;
            let pair = u16::from_be_bytes([bits[byte], bits[byte + 1]]);
            char::from(ALPHABET[usize::from(pair << shift >> 10)])
        };
        Self((0..KEY_CHARACTERS).map(sextet).collect())
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

    /// The token type.
    #[must_use]
    pub fn type_name(&self) -> TypeName {
        self.type_name
    }

    /// The part after the type.
    #[must_use]
    pub fn key(&self) -> &TokenKey {
        &self.key
    }
}

impl FromStr for TokenKey {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        let is_valid =
            text.len() == KEY_CHARACTERS && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        is_valid.then(|| Self(text.to_owned())).ok_or(TokenIdError)
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
mod tests {
    use super::*;

    #[test]
    fn token_id_is_type_and_21_characters() {
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

    /// The ids of tokens that were created with an idempotency key are derived by this encoding: a retry finds them
    /// only if it does not change.
    #[test]
    fn key_from_bits_encodes_highest_bits_first() {
        for (first, spelled) in [(0, "_-0123456789abcdefghi"), (43, "FGHIJKLMNOPQRSTUVWXYZ")] {
            let packed = (first..first + 21).fold(0_u128, |packed, sextet| packed << 6 | sextet);
            let mut bits = [0xff; 32];
            bits[..16].copy_from_slice(&(packed << 2).to_be_bytes());
            assert_eq!(TokenKey::from_bits(bits).as_str(), spelled);
        }
    }

    #[test]
    fn token_id_debug_equals_display() {
        let id: TokenId = "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap();
        assert_eq!(
            (format!("{id:?}"), format!("{:?}", id.key())),
            (id.to_string(), "5ZugdRXasLfWBypHi93Fk".to_owned())
        );
    }
}
