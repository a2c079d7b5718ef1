//! Bytes read as decisions, so that whoever drives a target decides by bytes alone.

/// Decisions that bytes make, one after the other. Where the bytes end every further decision is the first of its kind.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// The decisions that `bytes` make.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let drawn = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        drawn.checked_rem(end).unwrap_or(0)
    }

    /// One of `all`, which is not empty.
    ///
    /// # Panics
    ///
    /// Where it is.
    pub fn pick<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.below(all.len())]
    }

    /// All bytes that have decided nothing yet.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
