//! Identifiers in the formats of AWS.

const HEX_DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// A random UUID, version 4 (RFC 9562, section 5.4), the format of request ids and key ids.
pub(crate) fn uuid() -> String {
    format!("{}-{}-4{}-8{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}

/// A value of the header `X-Amzn-Trace-Id` without sampling (AWS X-Ray Developer Guide, "Tracing header").
pub(crate) fn trace_id(now: jiff::Timestamp) -> String {
    format!("Root=1-{:08x}-{};Parent={};Sampled=0", now.as_second(), hex(24), hex(16))
}

fn hex(length: usize) -> String {
    nanoid::nanoid!(length, &HEX_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_is_version_4_and_random() {
        let id = uuid();
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert_eq!(id.as_bytes()[19], b'8');
        assert_ne!(id, uuid());
    }

    #[test]
    fn trace_id_starts_with_the_time() {
        let id = trace_id(jiff::Timestamp::from_second(0x65f0_0001).unwrap());
        assert!(id.starts_with("Root=1-65f00001-") && id.ends_with(";Sampled=0"), "{id}");
    }
}
