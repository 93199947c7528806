"""Keys that work anywhere."""

import pytest
from playwright.sync_api import expect

from tests.web.page.actions import search, search_all

pytestmark = pytest.mark.browser


def test_the_arrows_go_through_the_grid_and_slash_to_the_box(page):
    cards = search_all(page, "a lion")
    links = cards.locator(".open")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(5)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(links.nth(4)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "a lion"
    links.nth(2).focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_question_mark_tells_the_keys(page):
    search(page, "a lion").locator(".open").first.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound on")).to_have_attribute("aria-pressed", "true")
