"""What goes wrong is told in plain words and in its place."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.page.actions import SAID, search

pytestmark = pytest.mark.browser


def test_a_server_that_is_gone_is_told_and_may_come_back(page):
    page.route("**/api/v1/search?*", lambda route: route.abort())
    page.get_by_role("searchbox").fill("a lion")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    page.unroute("**/api/v1/search?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_text("The server does not answer.")).to_have_count(0)


def test_the_same_words_are_asked_again_after_what_went_wrong(page):
    wrong = {"detail": "the library is being put in order; ask again"}
    page.route("**/api/v1/search?*", lambda route: route.fulfill(status=409, json=wrong))
    search(page, "a lion")
    expect(page.get_by_text("The library is being put in order; ask again")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.unroute("**/api/v1/search?*")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_text("That did not work.")).to_have_count(0)


def test_the_first_screen_waits_for_a_server_that_is_gone(visit, site):
    page = visit("about:blank")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto(site.url)
    expect(page.locator("#library-summary")).to_contain_text("The server does not answer.")
    page.unroute("**/api/v1/**")
    expect(page.locator("#library-summary")).to_contain_text("moments in")


def test_a_busy_server_is_asked_again_when_it_says(page):
    busy = [503, 503]

    def answer(route):
        message = {"detail": "too many searches at once; try again in a moment"}
        route.fulfill(status=busy.pop(), headers={"Retry-After": "0"}, json=message) if busy else route.continue_()

    page.route("**/api/v1/search?*", answer)
    expect(search(page, "a lion").first).to_be_visible()
    busy += [503, 503, 503]
    search(page, "a balloon")
    expect(page.get_by_text("Too many searches at once; try again in a moment")).to_be_visible()


def test_a_slow_search_does_not_overwrite_a_later_one(page):
    held = []
    page.route(re.compile(r"/search\?q=slow"), lambda route: held.append(route))
    page.get_by_role("searchbox").fill("slow lion")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.body.classList.contains('searching')")
    cards = search(page, SAID)
    expect(cards.first).to_contain_text("grandmother")
    nothing = {"query": "slow lion", "hits": [], "clips": 0, "videos": 0, "total_clips": 1, "milliseconds": 1}
    for route in held:
        route.fulfill(json=nothing)
    page.wait_for_timeout(200)
    expect(cards.first).to_contain_text("grandmother")
    expect(page.get_by_role("searchbox")).to_have_value(SAID)


def test_a_search_that_is_left_is_over(page):
    page.route(re.compile(r"/search\?q=slow"), lambda route: None)
    page.get_by_role("searchbox").fill("slow lion")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.body.classList.contains('searching')")
    page.get_by_role("link", name="Hearsight").click()
    page.wait_for_function("() => !document.querySelector('.searching, [aria-busy=true]')")


def test_a_link_to_a_moment_that_is_no_more_says_so(visit, site):
    page = visit(f"{site.url}?q=a+lion&open=films/0123456789abcdef-000000000")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("search again")
    page.keyboard.press("Escape")
    expect(page.locator(".card").first).to_be_visible()
