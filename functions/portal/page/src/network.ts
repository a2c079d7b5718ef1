/** Networks in CIDR notation, parsed as the API parses `allowed_cidrs`: it accepts and rejects the same texts. */

/** A network, or why a text is not one. */
export type ParsedNetwork =
  /** In canonical form with a prefix, IPv6 as in RFC 5952. */
  | { kind: 'network'; text: string }
  | { kind: 'malformed' }
  /** Bits are set after the prefix; the network of that prefix. */
  | { kind: 'host-bits'; network: string }
  /** An IPv4-mapped network that contains other addresses as well. */
  | { kind: 'short-mapped-prefix' };

interface Address {
  bits: 32 | 128;
  value: bigint;
}

const GROUPS = 8;
const GROUP_BITS = 16n;

/** Above the 32 bits of an IPv4-mapped IPv6 address, `::ffff:0:0/96` (RFC 4291, section 2.5.5.2). */
const MAPPED_PREFIX = 0xffffn;
const MAPPED_PREFIX_BITS = 96;

/** Parses an address, which is a network of one address, or an address with the length of a prefix. */
export function parseNetwork(text: string): ParsedNetwork {
  const slash = text.indexOf('/');
  const written = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!written) return { kind: 'malformed' };
  const writtenPrefix = slash < 0 ? written.bits : parsePrefix(text.slice(slash + 1));
  if (writtenPrefix === undefined || writtenPrefix > written.bits) return { kind: 'malformed' };
  const isMapped = written.bits === 128 && written.value >> 32n === MAPPED_PREFIX;
  const prefix = isMapped ? writtenPrefix - MAPPED_PREFIX_BITS : writtenPrefix;
  if (prefix < 0) return { kind: 'short-mapped-prefix' };
  const address: Address = isMapped ? { bits: 32, value: BigInt.asUintN(32, written.value) } : written;
  const hostBits = BigInt(address.bits - prefix);
  const value = (address.value >> hostBits) << hostBits;
  const network = `${formatAddress({ ...address, value })}/${prefix}`;
  return value === address.value ? { kind: 'network', text: network } : { kind: 'host-bits', network };
}

/** Formats a network without the prefix of a single address. */
export function formatNetwork(network: string): string {
  const isSingle = network.endsWith(network.includes(':') ? '/128' : '/32');
  return isSingle ? network.slice(0, network.indexOf('/')) : network;
}

function parsePrefix(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : undefined;
}

function parseAddress(text: string): Address | undefined {
  const isIpv6 = text.includes(':');
  const value = isIpv6 ? parseIpv6(text) : parseIpv4(text);
  return value === undefined ? undefined : { bits: isIpv6 ? 128 : 32, value };
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.');
  // Other parsers read a leading zero as octal.
  const isValid = octets.length === 4 && octets.every((octet) => /^(0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) <= 255);
  return isValid ? octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const first = parseGroups(head, tail === undefined);
  const last = parseGroups(tail ?? '', true);
  if (!first || !last) return undefined;
  const missing = GROUPS - first.length - last.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...first, ...Array<bigint>(missing).fill(0n), ...last];
  return groups.reduce((value, group) => (value << GROUP_BITS) | group, 0n);
}

/** Parses groups of 16 bits. The last 32 bits of an address may have the form of an IPv4 address. */
function parseGroups(text: string, endsAddress: boolean): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    const ipv4 = endsAddress && index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> GROUP_BITS, BigInt.asUintN(16, ipv4));
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function formatAddress({ bits, value }: Address): string {
  return bits === 32 ? formatIpv4(value) : formatIpv6(value);
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => BigInt.asUintN(8, value >> shift)).join('.');
}

/** Replaces the first of the longest runs of at least two zero groups by `::` (RFC 5952, section 4.2). */
function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: GROUPS }, (_, index) => BigInt.asUintN(16, value >> (GROUP_BITS * BigInt(GROUPS - 1 - index))));
  const text = groups.map((group) => group.toString(16));
  const runLength = (start: number) => {
    const end = text.findIndex((group, index) => index >= start && group !== '0');
    return (end < 0 ? GROUPS : end) - start;
  };
  const lengths = text.map((_, start) => runLength(start));
  const longest = Math.max(...lengths);
  if (longest < 2) return text.join(':');
  const start = lengths.indexOf(longest);
  return `${text.slice(0, start).join(':')}::${text.slice(start + longest).join(':')}`;
}
