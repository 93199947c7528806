"""A picture is shown where a video would play."""

import pytest
from playwright.sync_api import expect

from tests.web.page.actions import search_all
from tests.web.page.conftest import ready

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery(photos, tmp_path_factory):
    with ready(tmp_path_factory.mktemp("log") / "photos.txt", photos) as running:
        yield running


def test_pictures_have_no_time_and_no_player(visit, gallery):
    page = visit(gallery.url)
    expect(page.locator("#library-summary")).to_have_text("2 moments in 2 pictures")
    cards = search_all(page, "a red beach")
    expect(cards).to_have_count(2)
    expect(cards.first.locator(".time")).to_have_text("picture")
    expect(page.locator("button.play")).to_have_count(0)
    cards.first.locator(".open").focus()
    page.keyboard.press(" ")
    card = cards.filter(has_text="beach.png")
    card.locator(".open").click()
    sheet = page.get_by_role("dialog", name="beach.png")
    picture = sheet.locator(".player img")
    expect(picture).to_have_attribute("alt", "beach.png")
    assert picture.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [
        320,
        200,
    ]
    expect(sheet.locator("video")).to_have_count(0)
    expect(sheet.get_by_role("slider")).to_have_count(0)
    expect(sheet.locator(".time-range")).to_have_text("picture")
    page.keyboard.press(" ")


def test_what_a_browser_does_not_show_has_its_small_copy(visit, gallery):
    page = visit(gallery.url)
    search_all(page, "a green field").filter(has_text="scan.tif").locator(".open").click()
    sheet = page.get_by_role("dialog", name="scan.tif")
    expect(sheet.get_by_text("This browser cannot show this file.")).to_be_visible()
    assert "/thumbnail" in sheet.locator(".player img").get_attribute("src")
