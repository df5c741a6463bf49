"""Which addresses a webhook may be sent to: public ones, and what the operator lists. Pure.

A name says nothing: what it resolves to is checked, and that very address is then connected to. Shapes such
as 2130706433, 0x7f.1 or 0177.0.0.1 are read by the resolver and meet the same check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

MOST = 500
_ODD = re.compile(r"[\x00-\x20\x7f-\uffff\\]")
# IPv6 addresses that carry an IPv4 address, with the bit where it begins: NAT64, 6to4, IPv4-compatible.
_CARRIERS = ((IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80), (IPv6Network("::/96"), 0))
# Said not to be public by the registries, though not by every Python that we run on.
_CLOSED = tuple(map(IPv6Network, ("64:ff9b:1::/48", "2001::/23", "fec0::/10", "3fff::/20", "5f00::/16")))
_CLOSED_V4 = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24")))


class NotReachable(Exception):
    """An address that is not called; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes: scheme, host name or address as written, port, path with query."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """The parts of an address. Raises NotReachable for everything but plain http and https addresses."""
    if len(url) > MOST or _ODD.search(url):
        raise NotReachable(f"An address has at most {MOST} characters, without blanks.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotReachable("This is not an address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotReachable("An address begins with https:// and a host name.")
    if parts.username is not None or parts.password is not None:
        raise NotReachable("An address holds no name and no password; requests are signed instead.")
    if port == 0:
        raise NotReachable("Port 0 is none.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def is_public(address: str) -> bool:
    """Whether an address, as a resolver gives it, is one of the public internet."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        inner = _carried(found)
        if inner is not None:
            return is_public(str(inner))
        if any(found in closed for closed in _CLOSED):
            return False
    elif any(found in closed for closed in _CLOSED_V4):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _read(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address.partition("%")[0])


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.teredo is not None:
        return address.teredo[1]
    for network, shift in _CARRIERS:
        if address in network:
            return IPv4Address(int(address) >> shift & 0xFFFFFFFF)
    return None


def is_listed(host: str, address: str, listed: Sequence[str]) -> bool:
    """Whether the operator lists this host name, address or a network that holds the address."""
    found: IPv4Address | IPv6Address = _read(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    for entry in listed:
        if entry.lower() == host.lower():
            return True
        try:
            if found in ip_network(entry, strict=False):
                return True
        except (ValueError, TypeError):
            continue
    return False


def check(target: Target, addresses: Sequence[str], listed: Sequence[str]) -> str:
    """The address to connect to. Raises NotReachable where one of those that a name has may not be called.

    Plain http is for addresses that the operator lists.
    """
    if not addresses:
        raise NotReachable(f"{target.host} is not known.")
    inside = [is_listed(target.host, address, listed) for address in addresses]
    if not all(ok or is_public(address) for ok, address in zip(inside, addresses, strict=True)):
        raise NotReachable(
            f"{target.host} is not on the public internet. The operator can list it in WEBHOOKS_ALLOWED."
        )
    if target.scheme == "http" and not all(inside):
        raise NotReachable("Use https: nobody on the way can then read or change what is sent.")
    return addresses[0]
