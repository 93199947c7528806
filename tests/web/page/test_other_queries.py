"""Other ways to ask: by likeness, with filters, from another library."""

import io
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from hearsight.library import Filters
from hearsight.library.search.condition import Condition
from hearsight.library.tables.schema import Video
from tests.web.conftest import TOKEN
from tests.web.page.actions import SAID, SETTLED, address_parameters, card_of, search, search_all
from tests.web.page.conftest import LOADING

pytestmark = pytest.mark.browser

SIGNED = f"#token={TOKEN}"


def test_more_like_this_leaves_the_video_out(page):
    search(page, SAID).first.locator(".open").click()
    page.get_by_role("dialog").get_by_role("button", name="More like this").click()
    expect(page.get_by_text("Similar to lion.mp4, 0:00")).to_be_visible()
    expect(page.locator("#grid > .card").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert address_parameters(page).keys() == {"similar"}
    expect(card_of(page, "lion.mp4")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Similar to lion.mp4, 0:00")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog", name="lion.mp4")).to_be_visible()


def test_moments_can_be_alike_in_one_thing(page):
    search(page, SAID).first.get_by_role("button", name="More like").click()
    choice = page.get_by_label("Similar in")
    expect(choice).to_be_visible()
    choice.select_option("said")
    page.wait_for_function(SETTLED)
    assert address_parameters(page)["by"] == "said"
    page.locator("#grid > .card .open").first.click()
    expect(page.get_by_role("dialog").get_by_text("by its meaning (wordllama)")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(choice).to_have_value("")
    search(page, "a cactus")
    expect(choice).to_be_hidden()


def picture_of(page: Page, name: str) -> bytes:
    """The thumbnail of a card as PNG."""
    url = card_of(page, name).locator("img").get_attribute("src")
    with urllib.request.urlopen(url) as answer:
        picture = Image.open(io.BytesIO(answer.read()))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_picture_finds_its_like_and_back_finds_it_again(page):
    search_all(page, "a cactus")
    example = {"name": "photo.png", "mimeType": "image/png", "buffer": picture_of(page, "cactus.mp4")}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Search with a picture, a sound or a short video").click()
    chooser.value.set_files(example)
    expect(page.get_by_text("Similar to photo.png")).to_be_visible()
    expect(page.locator("#grid > .card").first).to_contain_text("cactus.mp4")
    assert address_parameters(page) == {}
    search(page, "a lion")
    page.go_back()
    expect(page.get_by_text("Similar to photo.png")).to_be_visible()
    expect(page.locator("#grid > .card").first).to_contain_text("cactus.mp4")
    page.reload()
    expect(page.get_by_text("The example is no longer available. Add it again.")).to_be_visible()


def drop(page: Page, name: str, content: bytes) -> None:
    script = """([name, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name));
      for (const event of ["dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(script, [name, list(content)])


def test_what_is_dropped_and_no_example_is_told_in_place(page):
    drop(page, "letter.txt", b"dear reader")
    expect(page.get_by_role("alert").filter(has_text="That did not work.")).to_be_visible()
    expect(page.get_by_text("Similar to letter.txt")).to_be_visible()
    too_large = {"detail": "the example is larger than 64 MB; give a part of it"}
    page.route("**/search/example*", lambda route: route.fulfill(status=413, json=too_large))
    drop(page, "film.mp4", b"0" * 1000)
    expect(page.get_by_text("The example is larger than 64 MB; give a part of it")).to_be_visible()


def test_an_example_of_before_a_reload_is_no_later_one(page):
    drop(page, "first.txt", b"dear reader")
    expect(page.get_by_text("Similar to first.txt")).to_be_visible()
    page.reload()
    drop(page, "second.txt", b"dear reader")
    expect(page.get_by_text("Similar to second.txt")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("The example is no longer available. Add it again.")).to_be_visible()
    expect(page.get_by_text("Similar to second.txt")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_text("Similar to second.txt")).to_be_visible()


def test_an_example_waits_for_its_turn(page):
    search_all(page, "a cactus")
    picture, answers = picture_of(page, "cactus.mp4"), []

    def busy_at_first(route):
        answers.append(503 if not answers else 200)
        if answers[-1] == 200:
            route.continue_()
        else:
            busy = {"detail": "other examples are being looked at; try again in a moment"}
            route.fulfill(status=503, headers={"Retry-After": "1"}, json=busy)

    page.route("**/search/example*", busy_at_first)
    with page.expect_response(lambda answer: "/search/example" in answer.url and answer.ok, timeout=1000 * LOADING):
        drop(page, "photo.png", picture)
    expect(page.get_by_text("Similar to photo.png")).to_be_visible()
    expect(page.locator("#grid > .card").first).to_contain_text("cactus.mp4")
    expect(page.get_by_text("That did not work.")).to_have_count(0)


def test_filters_and_mode_are_in_the_address(page):
    cards = search_all(page, "a lion")
    everything = cards.count()
    page.get_by_label("Folder").select_option("trip")
    expect(cards).to_have_count(2)
    assert address_parameters(page) == {"q": "a lion", "folder": "trip", "weak": "yes"}
    page.get_by_label("Speech", exact=True).select_option("no")
    page.get_by_label("Sound", exact=True).select_option("yes")
    page.wait_for_function(SETTLED)
    expect(page.locator("select[name=library]")).to_be_hidden()
    page.get_by_role("button", name="Clear filters").click()
    expect(cards).to_have_count(everything)
    page.go_back()
    expect(page.get_by_label("Folder")).to_have_value("trip")
    expect(page.get_by_label("Speech", exact=True)).to_have_value("no")


@pytest.mark.parametrize("folder", ["trip", "Holiday [2019]", "a*b", "what?", "[!x]/[a-z]", "50% & more"])
def test_the_filter_of_a_folder_finds_its_files(page, folder):
    """Whatever its name is: the page makes a pattern of it, which the library reads."""
    pattern = page.evaluate(
        "async (folder) => (await import(new URL('page/state.js', document.baseURI))).parameters({ folder }).path",
        folder,
    )
    videos = {name: Video(name, name, 0, "", name, 1.0) for name in (f"{folder}/x.mp4", "another/x.mp4", "x.mp4")}
    condition = Condition.resolve(Filters(path=pattern), videos, frozenset())
    assert condition.videos == {f"{folder}/x.mp4"}


def test_only_spoken_words_finds_only_what_is_said(page):
    cards = search(page, SAID)
    page.get_by_label("Search by", exact=True).select_option("speech")
    expect(page.locator("#result-summary")).to_contain_text("match")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#grid > .card')].every((card) => card.querySelector('mark'))"
    )
    expect(cards.first).to_contain_text("grandmother")
    search(page, "zebra crossing")
    page.get_by_role("button", name="Search by everything").click()
    expect(cards.first).to_be_visible()


def test_nothing_found_suggests_looser_filters(page):
    cards = search(page, "a lion")
    page.get_by_label("Length of the video").select_option("film")
    expect(page.get_by_text("No video passes these filters. Remove some of them.")).to_be_visible()
    expect(page.locator("#result-summary")).to_have_text("Nothing found")
    page.locator("#message").get_by_role("button", name="Clear filters").click()
    expect(cards.first).to_be_visible()


def test_the_library_is_told_and_can_be_chosen_where_there_are_several(visit, guarded):
    page = visit(f"{guarded.url}?q=a+lion&weak=yes{SIGNED}")
    expect(card_of(page, "other.mp4")).to_have_count(1)
    expect(card_of(page, "other.mp4").locator(".library-name")).to_have_text("others")
    page.locator("select[name=library]").select_option("others")
    expect(card_of(page, "lion.mp4")).to_have_count(0)
    expect(card_of(page, "other.mp4")).to_have_count(1)
    assert address_parameters(page)["library"] == "others"
