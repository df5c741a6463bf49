"""Webhooks reach the public internet and what the operator lists, in whatever shape an address comes."""

from __future__ import annotations

import ipaddress
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import webhook_post
from jobs.webhook_addresses import NotReachable, Target, check, is_listed, is_public, target_of
from jobs.webhook_post import resolve

CLOSED = [
    "0.0.0.0",  # noqa: S104 - looked at, not bound to
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.9.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_not_called(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(NotReachable, match="not on the public internet"):
        check(target_of("https://hooks.example/"), [address], [])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_called(address: str) -> None:
    assert check(target_of("https://hooks.example/"), [address], []) == address


NAMED_AS_PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
]


@given(network=st.sampled_from(NAMED_AS_PRIVATE), at=st.integers(0, 2**32 - 1))
def test_no_disguise_of_a_private_address_passes(network: ipaddress.IPv4Network, at: int) -> None:
    inner = network[at % network.num_addresses]
    number = int(inner)
    disguises = [
        str(inner),
        f"::ffff:{inner}",
        f"::{inner}",
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    ]
    assert not any(map(is_public, disguises))


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_as_public_as_the_address(address: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "0", "localhost"]
)
def test_odd_shapes_of_loopback_are_read_before_they_are_checked(host: str) -> None:
    target = target_of(f"https://{host}/")
    with pytest.raises(NotReachable, match="not on the public internet"):
        check(target, resolve(target), [])


def test_one_bad_address_of_a_name_is_enough() -> None:
    with pytest.raises(NotReachable):
        check(target_of("https://hooks.example/"), ["8.8.8.8", "10.0.0.1"], [])


def test_the_operator_lists_hosts_addresses_and_networks() -> None:
    inside = target_of("http://hooks.internal:8080/x")
    for listed in (["hooks.internal"], ["10.0.0.0/8"], ["10.1.2.3"], ["::1", "10.1.0.0/16"]):
        assert check(inside, ["10.1.2.3"], listed) == "10.1.2.3"
    assert is_listed("x", "::ffff:10.1.2.3", ["10.0.0.0/8"])
    with pytest.raises(NotReachable):
        check(inside, ["10.1.2.3", "169.254.169.254"], ["10.0.0.0/8"])
    with pytest.raises(NotReachable):
        check(inside, ["10.1.2.3"], ["10.2.0.0/16", "elsewhere.internal", "odd/entry/"])


def test_plain_http_is_for_listed_addresses() -> None:
    with pytest.raises(NotReachable, match="https"):
        check(target_of("http://hooks.example/"), ["8.8.8.8"], [])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:word@hooks.example/",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://[::1/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nHost: other",
        "https://hooks.example\\@10.0.0.1/",
        "https://ex\u0430mple.org/",
        f"https://hooks.example/{'x' * 500}",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(NotReachable):
        target_of(url)


def test_an_address_comes_apart() -> None:
    target = target_of("https://[2606:4700::1111]:8443/in?team=a#part")
    assert (target.host, target.port, target.path) == ("2606:4700::1111", 8443, "/in?team=a")
    assert target_of("http://hooks.example").port == 80


def name_threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "webhook-name"]


def test_a_name_server_that_hangs_holds_up_nobody_and_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hangs(host: str, *more: Any, **named: Any) -> list[Any]:
        answered.wait(60)
        return [(0, 0, 0, "", ("8.8.8.8", 443))]

    target = target_of("https://slow.example/")
    monkeypatch.setattr(webhook_post.socket, "getaddrinfo", hangs)
    try:
        for _ in range(webhook_post.MOST_HANGING):
            with pytest.raises(NotReachable, match="name server of slow"):
                resolve(target, seconds=0.01)
        with pytest.raises(NotReachable, match="too many names"):
            resolve(target, seconds=0.01)
        assert len(name_threads()) == webhook_post.MOST_HANGING
    finally:
        answered.set()
    for thread in name_threads():
        thread.join(30)
    assert resolve(target) == ["8.8.8.8"], "all places are free again"
    for thread in name_threads():
        thread.join(30)


def test_a_name_that_cannot_be_one_frees_its_place() -> None:
    for _ in range(webhook_post.MOST_HANGING + 2):
        with pytest.raises(NotReachable, match="is not known"):
            resolve(Target("https", "x" * 70 + ".example", 443, "/"))
