"""Origins that no browser sends are refused, wherever they are set."""

from __future__ import annotations

import pytest

from jingpai.errors import InvalidInput
from jingpai.server.settings import ServerSettings


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1",
            "http://[::1]:81",
        ),
        *("chrome-extension://abcdef", "tauri://localhost", "https://xn--bcher-kva.example"),
        *("https://app.example.com:8443", "http://app:443", "*", "null"),
    ],
)
def test_an_origin_as_browsers_send_it_is_taken(origin):
    assert ServerSettings(cors_origins=(origin,)).cors_origins == (origin,)


@pytest.mark.parametrize(
    ("origin", "meant"),
    [
        ("https://app/", "https://app"),
        ("app.example.com", "https://app.example.com"),
        ("localhost:5173", "https://localhost:5173"),
        ("https://app/page?a=b#c", "https://app"),
        ("HTTPS://App.Example.com", "https://app.example.com"),
        ("https://app:443", "https://app"),
        ("http://app:80/", "http://app"),
        ("https://user@app", "https://app"),
        (" https://app", "https://app"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_another_spelling_is_refused_with_the_right_one(origin, meant):
    with pytest.raises(InvalidInput) as caught:
        ServerSettings(cors_origins=("https://good", origin))
    assert f"cors_origins: got {origin!r}" in str(caught.value)
    assert f"Write {meant!r}." in str(caught.value)
    ServerSettings(cors_origins=(meant,))


@pytest.mark.parametrize("origin", ["https://*.example.com", "https://", "", "https://app:port"])
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(InvalidInput, match=r"scheme://host\[:port\]"):
        ServerSettings(cors_origins=(origin,))
