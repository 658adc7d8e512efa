"""Chromium in front of a server; skipped where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.playground import PATIENCE_S, serving, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

collect_ignore_glob: list[str] = []
try:
    import axe_playwright_python  # noqa: F401 - for what it says of the page
    from playwright.sync_api import sync_playwright
except ImportError:
    collect_ignore_glob.append("test_*.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the bundled model."""
    with serving(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with sync_playwright() as run:
        found = run.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


class Visits:
    """Opens the page, and hears what it complains of."""

    def __init__(self, browser: Any, address: str) -> None:
        self._browser = browser
        self._address = address
        self._contexts: list[Any] = []
        self.complaints: list[str] = []

    def __call__(
        self,
        path: str = "/",
        *,
        at: str | None = None,
        locale: str = "en-GB",
        theme: str = "light",
        width: int = 1440,
        is_ranked: bool = True,
    ) -> Any:
        context = self._browser.new_context(
            locale=locale,
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.goto((at or self._address) + path)
        if is_ranked:
            page.wait_for_selector(".column .card")
            settle(page)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _hear(self, told: Any) -> None:
        if told.type in ("error", "warning"):
            self.complaints.append(told.text)


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Open the page; at the end nothing may have been complained of on its console."""
    visits = Visits(browser, address)
    yield visits
    visits.close()
    assert visits.complaints == []
