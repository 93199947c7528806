"""Themes, sizes, fingers, and people who do not see the page."""

import re
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.page.actions import SAID, search

pytestmark = pytest.mark.browser

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
FINGER = 44  # pixels


def test_the_theme_is_the_systems_until_one_is_chosen(visit, site):
    page = visit(site.url, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("button", name="Light theme").click()
    light = page.evaluate(colour)
    assert dark != light
    page.reload()
    assert page.evaluate(colour) == light
    expect(page.get_by_role("button", name="Dark theme")).to_be_visible()


def faults(page: Page) -> list[str]:
    return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_is_accessible_and_fits(visit, site, tmp_path, size, theme):
    width, height = SIZES[size]
    phone = {"is_mobile": True, "has_touch": True} if size == "phone" else {}
    page = visit(site.url, width, height, color_scheme=theme, reduced_motion="reduce", **phone)
    expect(page.locator("#library-summary")).to_contain_text("moments in")
    screens = {"first": lambda: None, "results": lambda: search(page, SAID).first.locator("img.loaded").wait_for()}
    screens["details"] = lambda: (page.locator(".open").first.click(), page.get_by_role("slider").wait_for())
    for name, show in screens.items():
        show()
        page.screenshot(path=tmp_path / f"{name}-{size}-{theme}.png")
        assert faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [360, 2560])
def test_nothing_is_cut_off_on_small_and_large_screens(visit, site, width):
    page = visit(f"{site.url}?q=a+lion", width, 900)
    expect(page.locator(".card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("header button:visible, .summary button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_finger_can_hit_what_it_aims_at(visit, site):
    def fulfill(route):  # as if two more moments of each video matched
        result = route.fetch().json()
        route.fulfill(json={**result, "hits": [{**hit, "more": 2} for hit in result["hits"]]})

    page = visit(f"{site.url}?q={quote(SAID)}", 390, 844, is_mobile=True, has_touch=True)
    page.route(re.compile(r"/api/v1/search\?"), fulfill)
    page.reload()
    best = page.locator("#grid > .card").first
    for target in [
        best.locator(".play"),
        best.locator(".similar"),
        best.locator(".more"),
        *page.locator(".tools button").all(),
    ]:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= FINGER
    best.locator(".play").tap()
    expect(best.locator(".frame.playing")).to_have_count(1)
    best.locator(".open").tap()
    assert page.get_by_role("dialog").bounding_box()["width"] == pytest.approx(390)
