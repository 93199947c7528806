"""The library, its updates, and the token that it may ask for."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import TOKEN
from tests.web.page.actions import card_of, search_all
from tests.web.page.conftest import UPDATING, put_clip

pytestmark = pytest.mark.browser

SIGNED = f"#token={TOKEN}"


def test_an_update_shows_its_progress_and_what_failed(visit, others, guarded):
    page = visit(f"{guarded.url}{SIGNED}")
    put_clip(1, others / "balloon.mp4")
    page.get_by_role("button", name="Library").click()
    panel = page.get_by_role("dialog", name="Library").get_by_role("region", name="others")
    expect(panel.get_by_text("in 1 video,")).to_be_visible()
    before = page.locator("#library-summary").text_content()
    panel.get_by_role("button", name="Update").click()
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(panel.get_by_role("button", name="Stop")).to_be_focused()
    expect(page.locator("#library-button")).to_have_text(re.compile(r"Indexing \d+ %"))
    expect(panel.get_by_text("Done: 1 added.")).to_be_visible(timeout=UPDATING)
    expect(panel.get_by_text("in 2 videos,")).to_be_visible()
    expect(page.locator("#library-summary")).not_to_have_text(before)
    panel.get_by_text("1 file could not be read").click()
    expect(panel.get_by_text("broken.mp4")).to_be_visible()
    expect(panel.get_by_text("damaged, or not a video")).to_be_visible()
    panel.get_by_role("button", name="Update").click()
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_text("finished files are kept")).to_be_visible(timeout=UPDATING)
    expect(panel.get_by_role("button", name="Update")).to_be_enabled()


def test_an_update_that_another_page_started_is_followed_too_and_the_same_words_find_what_it_added(
    visit, others, guarded
):
    pages = [visit(f"{guarded.url}{SIGNED}") for _ in range(2)]
    search_all(pages[1], "a guitar")
    expect(card_of(pages[1], "late.mp4")).to_have_count(0)
    put_clip(3, others / "late.mp4")
    panels = []
    for page in pages:
        page.get_by_role("button", name="Library").click()
        panels.append(page.get_by_role("dialog", name="Library").get_by_role("region", name="others"))
        expect(panels[-1].get_by_role("button", name="Update")).to_be_visible()
    for panel in panels:
        panel.get_by_role("button", name="Update").click()
        expect(panel.get_by_role("button", name="Stop")).to_be_visible()
    for panel in panels:
        expect(panel.get_by_text("Done: 1 added.")).to_be_visible(timeout=UPDATING)
        expect(panel.get_by_text("is being updated already")).to_have_count(0)
    pages[1].keyboard.press("Escape")
    search_all(pages[1], "a guitar")
    expect(card_of(pages[1], "late.mp4")).to_have_count(1)


def test_an_update_is_followed_again_after_its_stream_ended_for_good(visit, site):
    """A browser connects again by itself after a connection that broke, but not after a proxy's error."""
    page = visit("about:blank")

    def one_that_runs(route):
        libraries = route.fetch().json()
        libraries[0]["update"] |= {"state": "running", "total": 100, "share": 0.43}
        route.fulfill(json=libraries)

    page.route("**/api/v1/libraries", one_that_runs, times=2)
    page.route("**/update/events", lambda route: route.fulfill(status=502), times=1)
    page.goto(site.url)
    expect(page.locator("#library-button")).to_have_text("Indexing 43 %")
    expect(page.locator("#library-button")).to_have_text("Library")  # as a second stream tells


def test_the_token_is_taken_out_of_the_address(visit, guarded):
    page = visit(f"{guarded.url}?q=a+lion{SIGNED}")
    expect(page.locator(".card").first).to_be_visible()
    assert page.url == f"{guarded.url}?q=a+lion"
    page.reload()
    expect(page.locator(".frame img.loaded").first).to_be_visible()


def test_without_a_token_the_page_asks_for_it(visit, guarded):
    page = visit(guarded.url)
    form = page.get_by_role("dialog", name="This library requires a token")
    form.get_by_label("Token").fill("not the token at all")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("The token is wrong")
    page.keyboard.press("Escape")
    form.get_by_label("Token").fill(TOKEN)
    form.get_by_role("button", name="Sign in").click()
    expect(form).to_be_hidden()
    expect(page.locator("#library-summary")).to_contain_text("moments in")
