"""How well results match: in words, weak ones behind a click, and what is said where nothing matches."""

import json
import re
import urllib.request
from collections.abc import Callable
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.page.actions import SAID, address_parameters, search

pytestmark = pytest.mark.browser

ANSWERS = re.compile(r"/api/v1/search\?")
SUMMARY = "#result-summary"


def answer(page: Page, query: str) -> dict:
    """Return what the server answers."""
    parameters = f"?q={query.replace(' ', '+')}&limit=24"
    with urllib.request.urlopen(urljoin(page.url, "api/v1/search") + parameters) as response:
        return json.load(response)


def replace_answers(page: Page, change: Callable[[dict, int], dict]) -> None:
    """Let searches find what a function of the server's answer and of their limit returns."""

    def fulfill(route: Route) -> None:
        limit = int(parse_qs(urlsplit(route.request.url).query)["limit"][0])
        route.fulfill(json=change(route.fetch().json(), limit))

    page.route(ANSWERS, fulfill)


def test_weak_matches_are_behind_one_click_and_the_count_stays(page):
    cards = search(page, SAID)
    result = answer(page, SAID)
    matching = [hit for hit in result["hits"] if hit["match"] != "weak"]
    assert 0 < len(matching) < len(result["hits"])
    expect(cards).to_have_count(len(matching))
    expect(cards.first.locator(".match")).to_have_text(re.compile(r"^Strong match, \d+ % sure$"))
    expect(cards.filter(has_text="Weak match")).to_have_count(0)
    count = page.locator(SUMMARY).inner_text()
    assert count.startswith(f"{len(matching)} video")
    assert "min_confidence" not in page.locator("a[data-format=csv]").evaluate("link => link.href")
    weak = len(result["hits"]) - len(matching)
    page.get_by_role("button", name=re.compile(f"^Show {weak} weaker ones?$")).click()
    expect(cards).to_have_count(len(result["hits"]))
    expect(cards.filter(has_text="Weak match")).to_have_count(weak)
    expect(page.locator(SUMMARY)).to_have_text(count)
    expect(page.locator("#show-more")).to_be_hidden()
    assert "min_confidence=0" in page.locator("a[data-format=csv]").evaluate("link => link.href")
    assert address_parameters(page) == {"q": SAID, "weak": "yes"}
    page.reload()
    expect(cards).to_have_count(len(result["hits"]))
    search(page, "the grandmother has forgotten")
    expect(cards.filter(has_text="Weak match")).to_have_count(0)
    assert "weak" not in address_parameters(page)


def test_the_count_stays_as_one_pages_through_matches_and_then_weak_ones(page):
    def many(result: dict, limit: int) -> dict:
        [hit] = result["hits"][:1]
        hits = [{**hit, "clip": f"{i:016x}-000000000", "match": "likely" if i < 30 else "weak"} for i in range(60)]
        return {**result, "hits": hits[:limit], "videos": 60, "matches": 30, "matched": True}

    replace_answers(page, many)
    cards = search(page, SAID)
    for number, button in ((24, "Show more"), (30, "Show 18 weaker ones"), (48, "Show more"), (60, None)):
        expect(cards).to_have_count(number)
        expect(page.locator(SUMMARY)).to_have_text(re.compile("^30 videos match, "))
        more = page.locator("#show-more")
        if button is None:
            expect(more).to_be_hidden()
        else:
            expect(more).to_have_text(button)
            more.click()


def test_where_only_weak_ones_remain_the_button_says_so(page):
    def matching(result: dict, limit: int) -> dict:
        [hit] = result["hits"][:1]
        hits = [{**hit, "clip": f"{i:016x}-000000000", "match": "strong" if i < 24 else "weak"} for i in range(26)]
        return {**result, "hits": hits[:limit], "videos": 26, "matches": 24, "matched": True}

    replace_answers(page, matching)
    cards = search(page, SAID)
    expect(cards).to_have_count(24)
    page.get_by_role("button", name="Show weaker ones", exact=True).click()
    expect(cards).to_have_count(26)
    expect(page.locator("#show-more")).to_be_hidden()


def test_where_nothing_matches_the_page_says_so_and_shows_the_nearest(page):
    def nothing(result: dict, limit: int) -> dict:
        empty = {"match": "weak", "confidence": 0.4, "seen": 0.0, "heard": 0.0, "said": 0.0, "evidence": []}
        hits = [{**hit, **empty} for hit in result["hits"]]
        return {**result, "hits": hits, "matches": 0, "matched": False}

    replace_answers(page, nothing)
    cards = search(page, "submarine invoice")
    status = page.get_by_role("status").filter(has_text="Nothing here looks, sounds or reads like that. The nearest:")
    expect(status).to_be_visible()
    expect(page.locator(SUMMARY)).to_have_text(re.compile("^Nothing matches, "))
    expect(cards).to_have_count(3)
    expect(page.locator("#export")).to_be_hidden()
    expect(cards.first.locator(".match")).to_have_text("Weak match, 40 % sure")
    expect(cards.first.get_by_role("img", name="seen 0 %, heard 0 %, said 0 %")).to_be_visible()
    cards.first.locator(".open").click()
    explanation = page.get_by_role("region", name="Why it matches")
    expect(explanation).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile(r"^Show \d+ weaker ones?$")).click()
    expect(cards).to_have_count(8)
    expect(status).to_be_visible()
    expect(page.locator("#export")).to_be_visible()
    page.unroute(ANSWERS)
    search(page, SAID)
    expect(status).to_have_count(0)


def test_another_spelling_is_offered_and_searches_when_clicked(page):
    search(page, "grandmothr")
    page.get_by_role("status").get_by_role("link", name="grandmother").click()
    expect(page.get_by_role("searchbox")).to_have_value("grandmother")
    expect(page.locator("#grid > .card").first).to_contain_text("lion.mp4")
    expect(page.get_by_text("Did you mean")).to_have_count(0)


def test_notes_and_spellings_are_text(page):
    strange = "<img src=x onerror=alert(1)>"
    replace_answers(
        page, lambda result, limit: {**result, "notes": ["this library cannot hear"], "suggestions": [strange]}
    )
    search(page, "a lion")
    expect(page.get_by_text("Note: this library cannot hear.")).to_be_visible()
    expect(page.get_by_role("link", name=strange)).to_be_visible()
    expect(page.locator("#hints img")).to_have_count(0)


def test_what_is_read_is_quoted_and_framed_in_the_picture(page):
    line, box = "Rest & <b>be</b> thankful", [0.25, 0.5, 0.75, 0.75]
    evidence = {"expert": "words", "sense": "read", "confidence": 0.97, "moment": 7, "line": line, "box": box}

    def read(result: dict, limit: int) -> dict:
        best, *others = result["hits"]
        same = {**evidence, "expert": "wordllama"}
        best = {**best, "read": 0.8, "text": line, "text_spans": [[0, 4]], "evidence": [evidence, same]}
        return {**result, "hits": [best, *others]}

    replace_answers(page, read)
    best = search(page, SAID).first
    expect(best.locator(".line").last).to_have_text(f"Read: \u201c{line}\u201d")
    assert best.locator(".line").last.locator("mark").all_inner_texts() == ["Rest"]
    expect(best.get_by_role("img", name=re.compile(r"said 100 %, read 80 %$"))).to_be_visible()
    frames = best.locator(".text-boxes rect")
    expect(frames).to_have_count(1)
    picture, frame = best.locator(".frame img").bounding_box(), frames.bounding_box()
    shown = 4 / 3 * picture["height"]  # the width of a picture of 4:3 in its frame
    begin = picture["x"] + (picture["width"] - shown) / 2
    assert frame["x"] == pytest.approx(begin + 0.24 * shown, abs=4)
    assert frame["width"] == pytest.approx(0.52 * shown, abs=8)
    assert frame["y"] == pytest.approx(picture["y"] + 0.49 * picture["height"], abs=5)
    expect(page.locator("#grid .text-boxes")).to_have_count(1)


def test_details_say_that_subtitles_describe_a_sound(page):
    described = {
        "expert": "words", "sense": "heard", "confidence": 0.97, "moment": 1, "line": "[lion roaring]", "box": None
    }  # fmt: skip

    def fulfill(route: Route) -> None:
        route.fulfill(json=[{**moment, "evidence": [described]} for moment in route.fetch().json()])

    page.route(re.compile(r"/moments\?"), fulfill)
    search(page, SAID).first.locator(".open").click()
    item = page.get_by_role("region", name="Why it matches").get_by_role("listitem")
    expect(item).to_have_text("Heard at 0:01: \u201c[lion roaring]\u201d as its subtitles describe it, 97 % sure")


def test_details_say_by_what_and_at_which_second(page):
    search(page, SAID).first.locator(".open").click()
    explanation = page.get_by_role("region", name="Why it matches")
    expect(explanation).to_contain_text("Strong match, ")
    said = explanation.get_by_role("listitem").filter(has_text="by its words")
    expect(said).to_have_text(re.compile(r"^Said at 0:01: \u201c.*the grandmother.*\u201d by its words, \d+ % sure$"))
