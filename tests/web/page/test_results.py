"""Results: what a card tells, playing in place, opening to all moments, taking them away."""

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.web.page.actions import SAID, card_of, search, search_all
from tests.web.page.conftest import STRANGE

pytestmark = pytest.mark.browser


def test_results_tell_what_is_said_and_mark_the_words(page):
    cards = search(page, SAID)
    best = cards.first
    expect(best.get_by_role("link", name=re.compile(r"lion\.mp4 ?, 0:00.0:03"))).to_be_visible()
    marked = best.locator("mark")
    assert marked.all_inner_texts() == ["grandmother", "forgotten", "large", "helicopter"]
    assert best.locator(".line").inner_text().startswith("\u201c\N{BICYCLE} the grandmother")
    expect(best.get_by_role("img", name=re.compile(r"seen \d+ %, heard \d+ %, said 100 %"))).to_be_visible()
    expect(page.locator("#result-summary")).to_have_text(re.compile(r"^\d+ videos? match(es)?, \d+ ms$"))
    expect(page.locator("#result-summary")).to_have_role("status")
    expect(best.locator(".library-name")).to_be_hidden()  # there is one library


def test_the_same_moment_tells_anew_what_speaks_for_it(page):
    best = search(page, "a lion").first
    label = best.locator(".bars").get_attribute("aria-label")

    def same_moments(route):
        route.fulfill(json={**result, "hits": [{**hit, "seen": 0.0, "heard": 0.5} for hit in result["hits"]]})

    with urllib.request.urlopen(f"{urljoin(page.url, 'api/v1/search')}?q=a+lion&limit=24") as answer:
        result = json.load(answer)
    page.route(re.compile(r"/api/v1/search\?"), same_moments)
    search(page, "a guitar")
    expect(best.locator(".bars")).not_to_have_attribute("aria-label", label)
    expect(best.get_by_role("img", name="seen 0 %, heard 50 %")).to_be_visible()


def test_nothing_moves_while_pictures_load(visit, site):
    page = visit("about:blank")
    held = []
    page.route("**/thumbnail", lambda route: held.append(route))
    page.goto(f"{site.url}?q=a+lion&weak=yes")
    expect(page.locator(".card").nth(7)).to_be_visible()
    boxes = "[...document.querySelectorAll('.card')].map((card) => JSON.stringify(card.getBoundingClientRect()))"
    before = page.evaluate(boxes)
    while held:
        held.pop().continue_()
    page.wait_for_function("() => document.querySelectorAll('.frame img.loaded').length > 4")
    assert page.evaluate(boxes) == before
    frame = page.locator(".frame").first.bounding_box()
    assert frame["width"] / frame["height"] == pytest.approx(16 / 9, abs=0.01)
    expect(card_of(page, "tone.wav").locator(".wave")).to_be_visible()


def test_names_and_words_are_text_and_never_markup(page):
    search_all(page, "script alert that is all")
    expect(page.locator("img[src='x'], .line b, main script")).to_have_count(0)
    shown = STRANGE.replace("\u202e", "\\u202e")
    expect(page.get_by_role("link", name=shown)).to_be_visible()
    card_of(page, shown).locator(".open").click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text(shown)
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    expect(page).to_have_title("<img src=x onerror=alert(1)> - Hearsight")


def test_a_moment_plays_in_its_place_under_the_pointer_and_leaves_again(page):
    best = search(page, SAID).first
    best.locator(".frame").hover()
    video = best.locator(".frame.playing video")
    expect(video).to_be_visible()
    assert video.evaluate("video => video.muted")
    assert 0 <= video.evaluate("video => video.currentTime") < 3.2
    page.mouse.move(5, 5)
    expect(best.locator("video")).to_have_count(0)
    expect(best.locator("img")).to_be_visible()


def test_a_card_that_is_gone_does_not_begin_to_play(page):
    best = search(page, SAID).first
    played = []
    page.on("request", lambda request: played.append(request.url) if request.url.endswith("/media") else None)
    page.clock.install()
    page.clock.pause_at("2100-01-01")  # the pointer does not rest there long enough
    best.locator(".frame").hover()
    page.go_back()
    expect(best).to_have_count(0)
    page.clock.run_for(1000)
    page.wait_for_timeout(200)
    assert not played


def test_a_moment_plays_by_its_button_with_sound_when_asked(page):
    cards = search(page, SAID)
    page.get_by_role("button", name="Sound off").click()
    best = cards.first
    button = best.get_by_role("button", name=re.compile("^Play lion.mp4"))
    button.focus()
    page.keyboard.press("Enter")
    video = best.locator(".frame.playing video")
    expect(video).to_be_attached()
    assert not video.evaluate("video => video.muted")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sound on").click()
    assert video.evaluate("video => video.muted")
    cards.nth(1).get_by_role("button", name=re.compile("^Play")).focus()
    page.keyboard.press("Enter")
    expect(video).to_have_count(0)


def test_a_file_that_the_browser_cannot_play_is_told_with_a_link(page):
    search_all(page, "a grey tape")
    tape = card_of(page, "tape.avi")
    tape.locator(".frame").hover()
    expect(tape.get_by_text("This browser cannot play this file.")).to_be_visible()
    assert tape.get_by_role("link", name="Open the file").get_attribute("href").endswith("/media")


def test_a_file_that_is_gone_is_told_as_the_server_tells_it(page):
    gone = {"detail": "trip/lion.mp4 is gone, or is another file by now; update the library"}
    page.route("**/media", lambda route: route.fulfill(status=410, json=gone))
    best = search(page, SAID).first
    best.locator(".frame").hover()
    expect(best.get_by_text("Trip/lion.mp4 is gone")).to_be_visible()


@pytest.fixture
def best_of_three(page):
    """The card of a result whose video has two more moments that match."""

    def fulfill(route):
        result = route.fetch().json()
        route.fulfill(json={**result, "hits": [{**hit, "more": 2} for hit in result["hits"]]})

    page.route(re.compile(r"/api/v1/search\?"), fulfill)
    return search(page, SAID).first


def test_a_card_opens_to_all_moments_of_its_video(page, best_of_three):
    more = best_of_three.get_by_role("button", name=re.compile(r"^\d more moments?$"))
    more.click()
    row = page.locator(".moments")
    expect(row.get_by_role("heading", name="Moments of lion.mp4, best first")).to_be_visible()
    assert [text.split()[0] for text in row.locator(".rank").all_inner_texts()] == ["1", "2", "3"]
    expect(row.get_by_role("list", name="Moments among the results").locator(".card").first).to_contain_text(
        "grandmother"
    )
    row.get_by_role("button", name="Close").click()
    expect(row).to_have_count(0)
    expect(more).to_be_focused()


def test_what_plays_in_a_row_ends_with_it(page, best_of_three):
    best_of_three.get_by_role("button", name=re.compile(r"^\d more moments?$")).click()
    card = page.locator(".moments .card").first
    card.locator(".open").press(" ")
    video = card.locator(".frame.playing video").element_handle()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    assert not video.get_attribute("src")  # the connection is free again


def test_the_results_can_be_taken_away_as_files(page):
    search(page, SAID)
    page.locator("#export summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    assert download.value.suggested_filename == "hearsight.json"
    assert json.loads(Path(download.value.path()).read_text())["hits"][0]["path"] == "trip/lion.mp4"
    for name, begins in {"CSV": "rank", "EDL": "TITLE", "FCPXML": "<?xml"}.items():
        with urllib.request.urlopen(page.get_by_role("link", name=name).evaluate("link => link.href")) as answer:
            assert answer.read().decode().startswith(begins)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="CSV")).to_be_hidden()
