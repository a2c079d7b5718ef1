//! What is remembered for a while, each thing under a key that nobody can guess.

use std::collections::VecDeque;

use aws_lc_rs::{error::Unspecified, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::token::UnixTime;

/// The most things that a store holds. One more, and the oldest is forgotten.
const MOST: usize = 1000;

/// Things that are forgotten after their time. It has no `Debug`, since its keys are credentials.
pub(super) struct Store<T> {
    seconds: u64,
    entries: VecDeque<Entry<T>>,
}

struct Entry<T> {
    key: String,
    end: UnixTime,
    value: T,
}

/// 32 random bytes in base64url.
///
/// # Errors
///
/// When the system has no random numbers.
pub(super) fn secret() -> Result<String, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl<T> Store<T> {
    /// A store that forgets each thing after so many seconds.
    pub(super) const fn new(seconds: u64) -> Self {
        Self { seconds, entries: VecDeque::new() }
    }

    /// Keeps `value` under a new key.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub(super) fn put(&mut self, value: T, now: UnixTime) -> Result<String, Unspecified> {
        let key = secret()?;
        self.put_under(key.clone(), value, now);
        Ok(key)
    }

    /// Keeps `value` under `key`, which was drawn by [`secret`].
    pub(super) fn put_under(&mut self, key: String, value: T, now: UnixTime) {
        self.entries.retain(|entry| now < entry.end);
        while self.entries.len() >= MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { key, end: now.plus(self.seconds), value });
    }

    /// What lies under `key`, while its time is not over.
    pub(super) fn get(&mut self, key: &str, now: UnixTime) -> Option<&mut T> {
        self.entries.iter_mut().find(|entry| entry.key == key && now < entry.end).map(|entry| &mut entry.value)
    }

    /// The same, and it is forgotten.
    pub(super) fn take(&mut self, key: &str, now: UnixTime) -> Option<T> {
        let place = self.entries.iter().position(|entry| entry.key == key)?;
        self.entries.remove(place).filter(|entry| now < entry.end).map(|entry| entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::EPOCH;

    #[test]
    fn keys_are_32_bytes_and_new_each_time() {
        let mut store = Store::new(60);
        let (one, other) = (store.put(1, NOW).unwrap(), store.put(2, NOW).unwrap());
        assert_ne!(one, other);
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_eq!(
            (store.get(&one, NOW).copied(), store.take(&one, NOW), store.take(&one, NOW)),
            (Some(1), Some(1), None)
        );
        assert_eq!(store.get(&other, NOW).copied(), Some(2));
    }

    #[test]
    fn a_thing_is_forgotten_at_its_second() {
        let mut store = Store::new(60);
        let key = store.put((), NOW).unwrap();
        assert!(store.get(&key, NOW.plus(59)).is_some());
        assert!(store.get(&key, NOW.plus(60)).is_none());
        assert!(store.take(&key, NOW.plus(60)).is_none());
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many_and_the_expired_take_no_room() {
        let mut store = Store::new(60);
        let first = store.put(0, NOW).unwrap();
        let second = store.put(1, NOW).unwrap();
        (2..=MOST).for_each(|value| drop(store.put(value, NOW).unwrap()));
        assert!(store.get(&first, NOW).is_none() && store.get(&second, NOW).is_some());
        store.put(0, NOW.plus(60)).unwrap();
        assert_eq!(store.entries.len(), 1);
    }
}
