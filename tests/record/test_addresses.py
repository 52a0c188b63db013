"""Addresses, headers and cookies between a page and a Space: without a server."""

from __future__ import annotations

import pytest
from hubsmith_record.addresses import Addresses, Cookies, Rewriter, for_page, for_space

SPACE, HERE = "https://owner-kitchen.hf.space", "http://127.0.0.1:9"
TEXT = (
    b'{"root": "https://owner-kitchen.hf.space", "a": "http://owner-kitchen.hf.space/x?y", '
    b'"b": "https://owner-kitchen.hf.space.evil.example", "c": "https://elsewhere.example/app/z"}\n'
)
SHOWN = (
    b'{"root": "http://127.0.0.1:9", "a": "http://127.0.0.1:9/x?y", '
    b'"b": "https://owner-kitchen.hf.space.evil.example", "c": "http://127.0.0.1:9/z"}\n'
)


@pytest.mark.parametrize("place", range(len(TEXT) + 1))
def test_addresses_are_replaced_wherever_an_answer_is_cut(place: int) -> None:
    addresses = Addresses(SPACE)
    addresses.add_root("https://elsewhere.example/app")
    rewriter = Rewriter(addresses, HERE)
    pieces = [rewriter.feed(TEXT[:place]), rewriter.feed(TEXT[place:]), rewriter.finish()]
    assert b"".join(pieces) == SHOWN


def test_an_event_is_not_held_back() -> None:
    rewriter = Rewriter(Addresses(SPACE), HERE)
    assert rewriter.feed(b'data: {"msg": "estimation"}\n\n') == b'data: {"msg": "estimation"}\n\n'


def test_cookies_of_other_apps_stay_and_those_of_the_space_fit_loopback() -> None:
    cookies = Cookies()
    line = "__Host-login=abc; Path=/; HttpOnly; Secure; SameSite=None; Domain=hf.space; Partitioned"
    assert cookies.for_page(line) == "login=abc; Path=/; HttpOnly"
    assert cookies.for_space("jupyter=secret; login=abc") == "__Host-login=abc"
    assert Cookies().for_space("login=abc") == ""


def test_headers_are_those_of_one_connection_each() -> None:
    addresses, cookies = Addresses(SPACE), Cookies()
    answer = [
        (b"Connection", b"close, X-Own"), (b"X-Own", b"1"), (b"Transfer-Encoding", b"chunked"),
        (b"Strict-Transport-Security", b"max-age=1"), (b"Location", SPACE.encode() + b"/login"),
        (b"Set-Cookie", b"a=1; Secure"), (b"Set-Cookie", b"b=2"),
    ]  # fmt: skip
    assert for_page(answer, addresses, cookies, HERE) == [
        (b"location", b"http://127.0.0.1:9/login"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]


def test_an_asset_may_come_packed_and_what_is_looked_at_may_not() -> None:
    sent = [(b"host", b"127.0.0.1:9"), (b"accept-encoding", b"gzip, br"), (b"cookie", b"x=y")]
    own = {"x-hf-authorization": "Bearer t"}

    def headers(*, is_asset: bool) -> dict[bytes, bytes]:
        return dict(for_space(sent, Addresses(SPACE), Cookies(), own, HERE, is_asset=is_asset))

    token = {b"x-hf-authorization": b"Bearer t"}
    assert headers(is_asset=False) == {b"accept-encoding": b"identity", **token}
    # The server of Gradio's rendered pages has its scripts packed only, and no others.
    assert headers(is_asset=True) == {b"accept-encoding": b"gzip, br", **token}
