"""A moment by itself: player, strip, words, and why it is there."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.web.page.actions import SAID, address_parameters, card_of, search, search_all, when_playing

pytestmark = pytest.mark.browser


def test_details_play_the_moment_and_say_why_it_is_there(page):
    search(page, SAID).first.locator(".picture-link").click()
    sheet = page.get_by_role("dialog", name="lion.mp4")
    expect(sheet.locator(".explanation")).to_contain_text("Said at 0:01: ")
    assert address_parameters(page)["open"].startswith("films/")
    video = sheet.locator("video")
    when_playing(page, "video.currentTime >= 1")
    line = sheet.get_by_role("region", name="What is said").get_by_role("button")
    assert line.locator("mark").all_inner_texts() == ["grandmother", "forgotten", "large", "helicopter"]
    video.evaluate("video => { video.pause(); video.currentTime = 5; }")
    line.click()
    when_playing(page, "Math.abs(video.currentTime - 1) < 0.7")


def test_the_strip_steps_through_the_video_by_key_and_pointer(page):
    search(page, SAID).first.locator(".open").click()
    strip = page.get_by_role("slider", name="Moments of this video")
    expect(strip).to_have_attribute("aria-valuenow", "1")
    strip.focus()
    page.keyboard.press("ArrowRight")
    expect(strip).to_have_attribute("aria-valuetext", re.compile(r"^0:03.0:06, moment 2 of 3, number [23]$"))
    assert address_parameters(page)["open"].endswith("-000003000")
    when_playing(page, "video.currentTime >= 3")
    page.keyboard.press("End")
    expect(strip).to_have_attribute("aria-valuenow", "3")
    strip.click(position={"x": 20, "y": 20})
    expect(strip).to_have_attribute("aria-valuetext", re.compile("the best$"))
    when_playing(page, "video.currentTime < 3")
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_closing_gives_the_focus_back_and_the_results_stay(page):
    cards = search_all(page, "a lion")
    link = cards.nth(2).locator(".open")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    assert "open" not in address_parameters(page)
    page.go_forward()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_left_and_right_go_through_the_results(page):
    cards = search_all(page, "a lion")
    paths = [link.get_attribute("title") for link in cards.locator(".open").all()]
    cards.first.locator(".open").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog")).to_contain_text("2 of")
    page.get_by_role("button", name="Next result").click()
    expect(page.get_by_role("button", name="Next result")).to_be_focused()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text(Path(paths[2]).name)
    page.keyboard.press("Escape")
    expect(cards.nth(2).locator(".open")).to_be_focused()


def test_space_plays_and_pauses(page):
    search(page, SAID).first.locator(".open").focus()
    page.keyboard.press(" ")
    expect(page.locator(".frame.playing")).to_have_count(1)
    page.keyboard.press(" ")
    expect(page.locator(".frame.playing")).to_have_count(0)
    page.keyboard.press("Enter")
    when_playing(page, "video.paused === false")
    page.keyboard.press(" ")
    when_playing(page, "video.paused")


def test_without_motion_nothing_plays_by_itself(visit, site):
    page = visit(f"{site.url}?q={quote(SAID)}", reduced_motion="reduce")
    page.locator(".open").first.click()
    when_playing(page, "video.currentTime >= 1")
    assert page.locator(".player video").evaluate("video => video.paused")


def test_a_shared_link_shows_the_same(visit, page, site):
    search(page, SAID).first.locator(".open").click()
    page.get_by_role("dialog").get_by_role("slider").wait_for()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    other = visit(link)
    expect(other.get_by_role("dialog", name="lion.mp4")).to_contain_text("Said at 0:01: ")
    other.keyboard.press("Escape")
    expect(other.get_by_role("dialog")).to_have_count(0)
    expect(other.get_by_role("searchbox")).to_have_value(SAID)
    expect(other.locator("#grid > .card").first).to_contain_text("grandmother")
    assert other.url.startswith(site.url)


def test_a_sound_has_a_drawing_and_a_player(page):
    search_all(page, "a tone")
    card_of(page, "tone.wav").locator(".open").click()
    expect(page.locator(".player.sounding .wave")).to_be_visible()
    expect(page.get_by_role("region", name="What is said")).to_have_text("What is saidNothing is said here.")
