//! The networks to which a token is bound, and the source address of a request.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Most networks to which a token may be bound.
pub const MAX_NETWORKS: usize = 20;

/// Bits of the prefix `::ffff:0:0/96`, below which each IPv6 address is an IPv4-mapped one (RFC 4291, section 2.5.5.2).
const MAPPED_PREFIX_BITS: u8 = 96;

/// The source address of a request, as the gateway reports it. An IPv4-mapped IPv6 address is its IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAddress(IpAddr);

/// The text is not an IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address")]
pub struct SourceAddressError;

/// An IPv4 or IPv6 network without host bits. It is never an IPv4-mapped network: the IPv4 network replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// Why a text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The text is not in CIDR notation.
    #[error(
        "is not an IP address or a network in CIDR notation, without leading zeros in an IPv4 address or a prefix length"
    )]
    Syntax,
    /// The address has bits after the prefix. Contains the network of that prefix.
    #[error("has bits that are set after its prefix; its network is `{0}`")]
    HostBits(Network),
    /// The network contains IPv4-mapped addresses and others.
    #[error("is an IPv4-mapped network with a prefix of less than {MAPPED_PREFIX_BITS} bits")]
    ShortMappedPrefix,
}

/// The networks to which a token is bound: 1 to [`MAX_NETWORKS`], without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Network>", into = "Vec<Network>")]
pub struct AllowedNetworks(Vec<Network>);

/// Why networks are not a list of allowed networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllowedNetworksError {
    /// The list is empty: a token that is bound to it could not be used.
    #[error("must not be empty: omit it for a token without this restriction")]
    Empty,
    /// The list has more than [`MAX_NETWORKS`] entries.
    #[error("must not contain more than {MAX_NETWORKS} networks and contains {0}")]
    TooMany(usize),
}

impl FromStr for SourceAddress {
    type Err = SourceAddressError;

    fn from_str(text: &str) -> Result<Self, SourceAddressError> {
        let address: IpAddr = text.parse().map_err(|_| SourceAddressError)?;
        Ok(Self(address.to_canonical()))
    }
}

impl Network {
    /// Whether the address is in the network. An IPv4 address is in no IPv6 network.
    #[must_use]
    pub fn contains(&self, address: SourceAddress) -> bool {
        self.0.contains(&address.0)
    }

    /// Whether every address of the network is in `outer`.
    #[must_use]
    pub fn is_within(&self, outer: &Self) -> bool {
        outer.0.contains(&self.0)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// Parses an address, which is the network of this address alone, or an address and the length of its prefix.
    ///
    /// The parser of the standard library accepts neither a zone id nor a leading zero in an IPv4 address, which other
    /// parsers read as octal. That of [`IpNet`] accepts leading zeros.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(parse_prefix(prefix)?)),
        };
        let host = IpNet::from(address.parse::<IpAddr>().map_err(|_| NetworkError::Syntax)?);
        Self::new(host, prefix.unwrap_or(host.max_prefix_len()))
    }
}

impl Network {
    /// The network of the address of `host` with a prefix of `bits` bits.
    fn new(host: IpNet, bits: u8) -> Result<Self, NetworkError> {
        let (address, bits) = match host.addr() {
            IpAddr::V6(address) if let Some(mapped) = address.to_ipv4_mapped() => {
                (IpAddr::V4(mapped), bits.checked_sub(MAPPED_PREFIX_BITS).ok_or(NetworkError::ShortMappedPrefix)?)
            }
            address => (address, bits),
        };
        let network = IpNet::new(address, bits).map_err(|_| NetworkError::Syntax)?;
        let truncated = network.trunc();
        if network == truncated { Ok(Self(network)) } else { Err(NetworkError::HostBits(Self(truncated))) }
    }
}

/// The number of bits, without a sign or a leading zero.
fn parse_prefix(text: &str) -> Result<u8, NetworkError> {
    let has_sign_or_zero = text.starts_with('+') || (text.len() > 1 && text.starts_with('0'));
    text.parse().ok().filter(|_| !has_sign_or_zero).ok_or(NetworkError::Syntax)
}

impl fmt::Display for Network {
    /// Writes the canonical form: always with a prefix, IPv6 as in RFC 5952.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl AllowedNetworks {
    /// Whether a request from `source` is allowed. A request whose source is unknown is not.
    #[must_use]
    pub fn allow(&self, source: Option<SourceAddress>) -> bool {
        source.is_some_and(|address| self.0.iter().any(|network| network.contains(address)))
    }

    /// *(never wider)* Whether each network is within one of `outer`.
    #[must_use]
    pub fn are_within(&self, outer: &Self) -> bool {
        self.0.iter().all(|network| outer.0.iter().any(|outer| network.is_within(outer)))
    }
}

impl TryFrom<Vec<Network>> for AllowedNetworks {
    type Error = AllowedNetworksError;

    /// The list without duplicates, in its order.
    fn try_from(networks: Vec<Network>) -> Result<Self, AllowedNetworksError> {
        if networks.is_empty() {
            return Err(AllowedNetworksError::Empty);
        }
        if networks.len() > MAX_NETWORKS {
            return Err(AllowedNetworksError::TooMany(networks.len()));
        }
        let mut unique = Vec::new();
        for network in networks {
            if !unique.contains(&network) {
                unique.push(network);
            }
        }
        Ok(Self(unique))
    }
}

impl From<AllowedNetworks> for Vec<Network> {
    fn from(allowed: AllowedNetworks) -> Self {
        allowed.0
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn allowed(networks: &[&str]) -> AllowedNetworks {
        networks.iter().map(|text| network(text)).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn network_is_written_in_canonical_form() {
        for (text, canonical) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("203.0.113.0/24", "203.0.113.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("2001:0db8::1", "2001:db8::1/128"),
            ("::/0", "::/0"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("0:0:0:0:0:ffff:cb00:7107/128", "203.0.113.7/32"),
            ("64:ff9b::203.0.113.7", "64:ff9b::cb00:7107/128"),
        ] {
            assert_eq!(text.parse::<Network>().map(|network| network.to_string()).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn text_that_is_not_a_network_is_rejected() {
        for text in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0.0/00",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0/8",
            "10/8",
            "10.0.0.0.0",
            "010.0.0.0/8",
            "10.0.0.00",
            "0x0a.0.0.0/8",
            "167772160",
            " 10.0.0.0/8",
            "10.0.0.0/8 ",
            "10.0.0.0 /8",
            "10.0.0.0/ 8",
            "10.0.0.1:80",
            "[::1]",
            "[::1]:80",
            "[::]/0",
            "fe80::1%eth0",
            "fe80::%1/64",
            "::1/0128",
            "1::2::3",
            "::ffff:010.0.0.1",
            "::fffff",
            "*",
            "any",
            "localhost",
            "10.0.0.0-10.0.0.9",
            "10.0.0.\u{661}",
            "10.0.0.0/8\n",
            "::ffff:0:0/129",
            "256.0.0.1",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Syntax), "{text:?}");
        }
        for (text, suggested) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("0.0.0.1/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1/96", "0.0.0.0/0"),
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::HostBits(network(suggested))), "{text}");
        }
        for text in ["::ffff:0:0/95", "::ffff:10.0.0.0/8", "::ffff:0:0/0"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::ShortMappedPrefix), "{text}");
        }
    }

    #[test]
    fn allowed_networks_have_1_to_20_entries() {
        let networks = |count: u8| (0..count).map(|n| network(&format!("10.0.0.{n}"))).collect::<Vec<_>>();
        assert_eq!(AllowedNetworks::try_from(networks(0)), Err(AllowedNetworksError::Empty));
        assert!(AllowedNetworks::try_from(networks(20)).is_ok());
        assert_eq!(AllowedNetworks::try_from(networks(21)), Err(AllowedNetworksError::TooMany(21)));
        let unique = allowed(&["10.0.0.1", "::1", "10.0.0.1/32", "::ffff:10.0.0.1"]);
        assert_eq!(serde_json::to_value(unique).unwrap(), serde_json::json!(["10.0.0.1/32", "::1/128"]));
    }

    #[test]
    fn source_is_compared_with_each_network() {
        let networks = allowed(&["203.0.113.0/24", "2001:db8::/32"]);
        for (source, is_allowed) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("203.0.114.0", false),
            ("::ffff:203.0.113.9", true),
            ("::203.0.113.9", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(networks.allow(source.parse().ok()), is_allowed, "{source}");
        }
        assert!(!networks.allow(None), "an unknown source");
        assert!(!allowed(&["::/0"]).allow("203.0.113.9".parse().ok()), "an IPv4 address is in no IPv6 network");
        assert!(!allowed(&["::/0"]).allow("::ffff:203.0.113.9".parse().ok()));
        assert!(!allowed(&["0.0.0.0/0"]).allow("::1".parse().ok()));
    }

    #[test]
    fn source_that_is_not_an_address_is_rejected() {
        for text in [
            "",
            "203.0.113.9:443",
            "203.0.113.9 ",
            "203.0.113.09",
            "fe80::1%eth0",
            "[::1]",
            "203.0.113.0/24",
            "unknown",
        ] {
            assert_eq!(text.parse::<SourceAddress>(), Err(SourceAddressError), "{text:?}");
        }
    }

    #[test]
    fn networks_are_within_others_one_by_one() {
        let outer = allowed(&["10.0.0.0/8", "2001:db8::/32"]);
        for (inner, is_within) in [
            (&["10.0.0.0/8"][..], true),
            (&["10.1.0.0/16", "2001:db8:1::/48"], true),
            (&["10.0.0.0/7"], false),
            (&["10.1.0.0/16", "11.0.0.0/32"], false),
            (&["::/0"], false),
            (&["0.0.0.0/0"], false),
        ] {
            assert_eq!(allowed(inner).are_within(&outer), is_within, "{inner:?}");
        }
        let halves = allowed(&["10.0.0.0/9", "10.128.0.0/9"]);
        assert!(!allowed(&["10.0.0.0/8"]).are_within(&halves), "no single network contains it");
    }

    /// An address with few distinct bits, so that networks often contain addresses.
    fn address() -> impl Strategy<Value = IpAddr> {
        let sparse = |bits: u32| prop::collection::vec(0..bits, 0..3);
        let v4 = sparse(32).prop_map(|ones| Ipv4Addr::from_bits(ones.iter().fold(0, |all, one| all | 1 << one)).into());
        let v6 =
            sparse(128).prop_map(|ones| Ipv6Addr::from_bits(ones.iter().fold(0, |all, one| all | 1 << one)).into());
        let mapped = any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).to_ipv6_mapped().into());
        prop_oneof![v4, v6, mapped]
    }

    fn any_network() -> impl Strategy<Value = Network> {
        (address(), 0..=128_u8).prop_map(|(address, prefix)| {
            let host = IpNet::from(address.to_canonical());
            match Network::new(host, prefix % (host.max_prefix_len() + 1)) {
                Ok(network) | Err(NetworkError::HostBits(network)) => network,
                Err(error) => panic!("{host} {prefix}: {error}"),
            }
        })
    }

    /// The bits of the address as text of `0` and `1`, after the family.
    fn bits(address: IpAddr) -> String {
        match address.to_canonical() {
            IpAddr::V4(address) => format!("4{:032b}", address.to_bits()),
            IpAddr::V6(address) => format!("6{:0128b}", address.to_bits()),
        }
    }

    /// The prefix as text of `0` and `1`, after the family.
    fn prefix_bits(network: &Network) -> String {
        bits(network.0.addr())[..=usize::from(network.0.prefix_len())].to_owned()
    }

    proptest! {
        #[test]
        fn network_text_round_trip_is_lossless(network in any_network()) {
            let text = network.to_string();
            prop_assert_eq!(text.parse(), Ok(network));
            let json = serde_json::to_string(&network).unwrap();
            prop_assert_eq!(serde_json::from_str::<Network>(&json).unwrap(), network);
        }

        #[test]
        fn containment_is_a_common_prefix(outer in any_network(), inner in any_network(), address in address()) {
            let source: SourceAddress = address.to_string().parse().unwrap();
            prop_assert_eq!(outer.contains(source), bits(address).starts_with(&prefix_bits(&outer)));
            prop_assert_eq!(inner.is_within(&outer), prefix_bits(&inner).starts_with(&prefix_bits(&outer)));
            if inner.is_within(&outer) && inner.contains(source) {
                prop_assert!(outer.contains(source));
            }
        }

        #[test]
        fn any_text_that_is_accepted_has_one_canonical_form(text in "[0-9a-f:./%+ ]{0,24}|\\PC{0,12}") {
            if let Ok(network) = text.parse::<Network>() {
                let address = text.split('/').next().unwrap().parse::<IpAddr>().unwrap();
                prop_assert_eq!(network.0.addr(), address.to_canonical());
                prop_assert_eq!(network.to_string().parse(), Ok(network));
            }
        }
    }
}
