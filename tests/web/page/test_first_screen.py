"""The first screen: the box, what may be asked for, what there is."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_first_screen_is_the_box_with_examples_and_what_there_is(page, site):
    expect(page.get_by_role("searchbox")).to_be_focused()
    with site.client() as client:
        info = client.get("libraries").json()[0]["info"]
        texts = [example["text"] for example in client.get("examples").json()]
    expect(page.locator("#library-summary")).to_have_text(
        re.compile(f"^{info['clips']} moments in {info['videos']} videos, ")
    )
    examples = page.get_by_role("list", name="For example").get_by_role("link")
    expect(examples).to_have_count(len(texts))
    examples.first.click()
    expect(page.get_by_role("searchbox")).to_have_value(texts[0])
    expect(page.locator(".card").first).to_be_visible()


def test_while_the_model_is_loaded_the_page_says_so_and_asks_again(visit, site):
    page = visit("about:blank")
    answers = [{"version": "0", "ready": False, "model": "demo", "libraries": ["films"]}]
    page.route("**/status", lambda route: route.fulfill(json=answers.pop()) if answers else route.continue_())
    page.goto(site.url)
    expect(page.locator("#library-summary")).to_have_text("Loading the model demo\u2026")
    expect(page.locator("#library-summary")).to_contain_text("moments in")
