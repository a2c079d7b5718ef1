//! Identifiers in the forms that AWS gives them.

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// A random UUID, version 4 (RFC 9562, section 5.4), as request ids and key ids are.
pub(crate) fn uuid() -> String {
    format!("{}-{}-4{}-8{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}

/// A value for the header `X-Amzn-Trace-Id` that is not sampled (AWS X-Ray Developer Guide, "Tracing header").
pub(crate) fn trace_id(now: jiff::Timestamp) -> String {
    format!("Root=1-{:08x}-{};Parent={};Sampled=0", now.as_second(), hex(24), hex(16))
}

fn hex(length: usize) -> String {
    nanoid::nanoid!(length, &HEX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_of_version_4_and_new_each_time() {
        let id = uuid();
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert_ne!(id, uuid());
    }

    #[test]
    fn a_trace_id_begins_with_the_time() {
        let id = trace_id(jiff::Timestamp::from_second(0x65f0_0001).unwrap());
        assert!(id.starts_with("Root=1-65f00001-") && id.ends_with(";Sampled=0"), "{id}");
    }
}
