//! Values that expire, each with a random key.

use std::collections::VecDeque;

use aws_lc_rs::{error::Unspecified, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::token::UnixTime;

/// Largest number of values. Inserting another one removes the oldest.
const MAX_ENTRIES: usize = 1000;

/// Stores values that expire. It has no `Debug`, because its keys are credentials.
pub(super) struct ExpiringStore<T> {
    ttl_seconds: u64,
    entries: VecDeque<Entry<T>>,
}

struct Entry<T> {
    key: String,
    expires_at: UnixTime,
    value: T,
}

/// Generates 32 random bytes in base64url.
///
/// # Errors
///
/// Returns an error if the system has no random numbers.
pub(super) fn random_key() -> Result<String, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl<T> ExpiringStore<T> {
    pub(super) const fn new(ttl_seconds: u64) -> Self {
        Self { ttl_seconds, entries: VecDeque::new() }
    }

    /// Inserts `value` and returns its key.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no random numbers.
    pub(super) fn insert(&mut self, value: T, now: UnixTime) -> Result<String, Unspecified> {
        let key = random_key()?;
        self.insert_at(key.clone(), value, now);
        Ok(key)
    }

    /// Inserts `value` at a key that [`random_key`] generated.
    pub(super) fn insert_at(&mut self, key: String, value: T, now: UnixTime) {
        self.entries.retain(|entry| now < entry.expires_at);
        while self.entries.len() >= MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { key, expires_at: now.plus(self.ttl_seconds), value });
    }

    /// The value of `key`, unless it has expired.
    pub(super) fn get(&mut self, key: &str, now: UnixTime) -> Option<&mut T> {
        self.entries.iter_mut().find(|entry| entry.key == key && now < entry.expires_at).map(|entry| &mut entry.value)
    }

    /// Removes `key`, and returns its value unless it has expired.
    pub(super) fn remove(&mut self, key: &str, now: UnixTime) -> Option<T> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        self.entries.remove(index).filter(|entry| now < entry.expires_at).map(|entry| entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::EPOCH;

    #[test]
    fn store_keys_are_random_and_removed_once() {
        let mut store = ExpiringStore::new(60);
        let first = store.insert(1, NOW).unwrap();
        let second = store.insert(2, NOW).unwrap();
        assert_ne!(first, second);
        assert_eq!(URL_SAFE_NO_PAD.decode(&first).unwrap().len(), 32);
        assert_eq!(store.get(&first, NOW).copied(), Some(1));
        assert_eq!([store.remove(&first, NOW), store.remove(&first, NOW)], [Some(1), None]);
        assert_eq!(store.get(&second, NOW).copied(), Some(2));
    }

    #[test]
    fn store_value_expires_at_its_second() {
        let mut store = ExpiringStore::new(60);
        let key = store.insert((), NOW).unwrap();
        assert!(store.get(&key, NOW.plus(59)).is_some());
        assert!(store.get(&key, NOW.plus(60)).is_none());
        assert!(store.remove(&key, NOW.plus(60)).is_none());
    }

    #[test]
    fn full_store_drops_expired_and_then_oldest_values() {
        let mut store = ExpiringStore::new(60);
        let first = store.insert(0, NOW).unwrap();
        let second = store.insert(1, NOW).unwrap();
        for value in 2..=MAX_ENTRIES {
            store.insert(value, NOW).unwrap();
        }
        assert!(store.get(&first, NOW).is_none() && store.get(&second, NOW).is_some());
        store.insert(0, NOW.plus(60)).unwrap();
        assert_eq!(store.entries.len(), 1);
    }
}
