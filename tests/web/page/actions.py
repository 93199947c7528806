"""What a person does on the page, and what they look at."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

SAID = "the grandmother has forgotten a large helicopter"  # in trip/lion.mp4
SETTLED = "() => !document.querySelector('[aria-busy=true]')"


def search(page: Page, query: str) -> Locator:
    """Ask, and give the cards of the results."""
    page.get_by_role("searchbox").fill(query)
    page.keyboard.press("Enter")
    page.wait_for_function("query => document.title.startsWith(query)", arg=query)
    page.wait_for_function(SETTLED)
    return page.locator("#grid > .card")


def search_all(page: Page, query: str) -> Locator:
    """Ask, and give the cards of the results, the weak ones, too."""
    cards = search(page, query)
    weaker = page.get_by_role("button", name=re.compile("^Show .*weaker"))
    if weaker.is_visible():
        weaker.click()
        page.wait_for_function(SETTLED)
        expect(weaker).to_be_hidden()
    return cards


def card_of(page: Page, name: str) -> Locator:
    return page.locator("#grid > .card").filter(has=page.get_by_role("link", name=re.compile(re.escape(name))))


def address_parameters(page: Page) -> dict[str, str]:
    """Return the query parameters of the address."""
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}


def when_playing(page: Page, holds: str) -> None:
    """Wait until something holds of the details' `video`."""
    video = "document.querySelector('.player video')"
    page.wait_for_function(f"() => {{ const video = {video}; return video && video.readyState > 0 && {holds}; }}")
