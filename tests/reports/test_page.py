"""The page in a real browser: what one can do with it, for whom, and that it asks nobody."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from reports.load import Results
from reports.render import render
from reports.schema.record import Record, Trained
from tests.builders import DATA, build_compared, build_failed, build_fitted, build_record, replace
from tools import page_pictures

LOSS = 0.3
HARMLESS = ("minor", "moderate")
WHOLE = replace(DATA, checksum=f"sha256:{'0123456789abcdef' * 4}")
"""With a checksum as long as a real one."""


def run(network: str, backend: str, seed: int, **changes: Any) -> Trained:
    record = build_record(
        id=f"{network}-miniboone-{backend}-s{seed}",
        architecture=network,
        kind=network.partition("_")[2],
        backend=backend,
        seed=seed,
        weights=f"sha256:{abs(hash((network, backend))):x}",
        data=WHOLE,
        **changes,
    )
    factor = {"jax": 1.0, "tensorflow": 2.0}[backend] * (1 + seed / 100)
    shift = 0.01 * seed + {"tabular_mlp": 0.0, "tabular_cnn": 0.05}[network]
    durations = record.durations
    history = record.history
    train = {name: tuple((v or 0) + shift for v in s) for name, s in history.train.items()}
    return replace(
        record,
        test={"loss": LOSS, "accuracy": 0.83 + shift / 10},
        history=replace(history, train=train),
        durations=replace(durations, epoch_seconds=(0.2 * factor, 0.2 * factor)),
    )


def sample() -> list[Record]:
    networks, backends = ("tabular_mlp", "tabular_cnn"), ("jax", "tensorflow")
    runs = [run(n, b, seed) for n in networks for b in backends for seed in range(3)]
    published = replace(WHOLE, synthetic=False)
    return [
        *runs,
        *(build_fitted(architecture=f"classifier_{i}", id=f"c{i}", data=WHOLE) for i in range(6)),
        build_failed(id="tabular_rnn-miniboone-jax-s0", architecture="tabular_rnn", reason="no"),
        build_compared((), id="compared"),
        build_record(id="real", data=published, profile="thesis", epochs=3),
    ]


def rendered(records: Sequence[Record], folder: Path) -> str:
    return render(Results(records=tuple(records), superseded=0), folder).as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rendered(sample(), tmp_path_factory.mktemp("page"))


@pytest.fixture
def shown(page: Page, address: str) -> Page:
    page.goto(address)
    return page


def table(page: Page, title: str) -> Locator:
    return page.locator("main > section table.data").filter(
        has=page.locator("caption", has_text=title)
    )


def column(found: Locator, place: int) -> list[str]:
    return found.locator(f"tbody tr:visible > :nth-child({place})").all_inner_texts()


def test_tables_are_sorted(shown: Page) -> None:
    quality = table(shown, "Test metrics").last
    heads = quality.locator("thead th")
    place = [text.split(" ")[0] for text in heads.all_inner_texts()].index("accuracy") + 1
    button = heads.nth(place - 1).get_by_role("button")
    button.click()
    rising = column(quality, place)
    assert rising == sorted(rising, key=float)
    assert heads.nth(place - 1).get_attribute("aria-sort") == "ascending"
    button.click()
    assert column(quality, place) == sorted(rising, key=float, reverse=True)
    assert heads.nth(place - 1).get_attribute("aria-sort") == "descending"
    timing = table(shown, "Time and memory").last
    place = [t.split(" ")[0] for t in timing.locator("thead th").all_inner_texts()].index("epoch")
    for _ in range(2):
        timing.locator("thead th").nth(place).get_by_role("button").click()
        assert column(timing, place + 1)[-1] == "–", "what is absent comes last in either order"


def test_tables_are_filtered_and_copied(shown: Page) -> None:
    quality = table(shown, "Test metrics").last
    shown.get_by_label("filter rows of Test metrics").first.fill("tensorflow cnn")
    assert column(quality, 1) == ["tabular_cnn"]
    expect(shown.get_by_role("status").filter(has_text="1 of 10 rows")).to_be_visible()
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for form, starts in (("CSV", "network,"), ("Markdown", "| network |")):
        shown.get_by_label(f"Copy Test metrics as {form}").last.click()
        expect(shown.get_by_role("status").filter(has_text="copied").first).to_be_visible()
        copied = shown.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(starts)
        assert copied.count("tensorflow") == 1


def chart(page: Page, name: str) -> Locator:
    figure = page.locator(f"figure[data-chart='{name}']")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-drawn", "yes")
    return figure


def drawn(figure: Locator, expression: str) -> Any:
    return figure.evaluate(f"figure => figure.chart.drawn.getOption(){expression}")


def test_curves_are_chosen(shown: Page) -> None:
    figure = chart(shown, "scope2-learning-miniboone")

    def names() -> set[str]:
        return set(drawn(figure, ".series.map(s => s.name)"))

    assert names() == {
        f"{network}, jax, {curve}, mean"
        for network in ("tabular_mlp", "tabular_cnn")
        for curve in ("training", "validation")
    }
    figure.get_by_role("checkbox", name="tabular_cnn").uncheck()
    figure.get_by_role("checkbox", name="training").uncheck()
    figure.get_by_role("checkbox", name="tensorflow").check()
    assert names() == {f"tabular_mlp, {b}, validation, mean" for b in ("jax", "tensorflow")}
    figure.get_by_role("checkbox", name="seed 1").check()
    assert len(names()) == 4
    assert drawn(figure, ".yAxis[0].name") == "loss"
    figure.get_by_role("radio", name="accuracy").check()
    figure.get_by_role("radio", name="training time [s]").check()
    assert drawn(figure, ".yAxis[0].name") == "accuracy"
    assert drawn(figure, ".xAxis[0].type") == "log"
    assert figure.locator("svg path").count() > 4


def test_values_and_intervals_are_read(shown: Page) -> None:
    figure = chart(shown, "scope2-learning-miniboone")
    figure.locator(".chart").hover(position={"x": 500, "y": 120})  # once it stands still
    told = figure.locator("svg text")
    expect(told.filter(has_text="tabular_mlp, jax, training, mean").first).to_be_visible()
    assert any("0.41" in text for text in told.all_text_contents()), "the mean of 0.40, 0.41, 0.42"
    assert drawn(figure, ".dataZoom.map(zoom => zoom.type)") == ["slider"]


@pytest.mark.parametrize("name", ["answer2", "scope2-learning-miniboone"])
def test_wheel_and_finger_on_a_chart_scroll_the_page(
    browser: Browser, address: str, name: str
) -> None:
    page = browser.new_page(has_touch=True)
    page.goto(address)
    place = chart(page, name).locator(".chart")
    place.evaluate("place => place.scrollIntoView({block: 'center'})")
    place.hover()
    at = [page.evaluate("scrollY")]
    page.mouse.wheel(0, 60)
    page.wait_for_timeout(300)
    at.append(page.evaluate("scrollY"))
    touch = page.context.new_cdp_session(page)
    for phase, y in (
        ("Start", 300),
        *(("Move", 300 - 10 * step) for step in range(11)),
        ("End", 0),
    ):
        points = [] if phase == "End" else [{"x": 500, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{phase}", "touchPoints": points})
    page.wait_for_timeout(300)
    assert at[1] - at[0] == 60, "the wheel"
    assert page.evaluate("scrollY") - at[1] > 60, "a finger"
    page.close()


def test_a_point_and_a_cell_lead_to_their_experiment(shown: Page) -> None:
    figure = chart(shown, "answer2")
    points = drawn(figure, ".series.filter(s => s.type === 'scatter').map(s => s.link)")
    assert len(points) == 10
    shown.locator(".card").nth(1).locator("table.ways a").first.click()
    anchor = shown.evaluate("location.hash.slice(1)")
    assert anchor in points
    expect(shown.locator(f"[id='{anchor}'] table").first).to_be_visible()


def test_the_first_screen_answers(shown: Page) -> None:
    card = shown.locator(".card").nth(1)
    expect(card.locator("h2")).to_contain_text("SYNTHETIC")
    expect(card.locator("dl")).to_contain_text("tabular_cnn")
    expect(card.locator("dl")).to_contain_text("jax for tabular_mlp (×2.00 over the next)")
    expect(card.locator("dt.bad")).to_have_text("Failed")
    rows = card.locator("table.ways tbody tr")
    assert card.locator("dt").all_inner_texts() == ["Best", "Fastest epoch", "Equal?", "Failed"]
    assert rows.nth(0).locator("td").all_inner_texts() == ["1.00 =", "2.00 ≈"]
    expect(rows.nth(2)).to_contain_text("failed")
    assert rows.nth(0).locator("td").nth(1).get_attribute("title") == "0.404 s an epoch; alike"


def test_the_keyboard_is_enough(shown: Page) -> None:
    def focused() -> str:
        return str(
            shown.evaluate(
                "(e => e.innerText || e.getAttribute('aria-label') || e.parentElement.innerText)"
                "(document.activeElement)"
            )
        )

    def tab_to(name: str) -> None:
        for _ in range(200):
            shown.keyboard.press("Tab")
            if focused().strip().startswith(name):
                return
        raise AssertionError(f"{name} was not reached")

    tab_to("How fast?")
    shown.keyboard.press("Enter")
    assert shown.evaluate("location.hash") == "#fast"
    tab_to("filter rows of Time and memory")
    shown.keyboard.type("tensorflow")
    found = table(shown, "Time and memory").last
    assert set(column(found, 2)) == {"tensorflow"}
    tab_to("build [s]")
    shown.keyboard.press("Enter")
    expect(found.locator("th[aria-sort=ascending]")).to_have_count(1)
    tab_to("validation")
    shown.keyboard.press("Space")
    figure = chart(shown, shown.evaluate("document.activeElement.closest('figure').dataset.chart"))
    assert all("training" in name for name in drawn(figure, ".series.map(s => s.name)"))


def test_without_scripts_everything_is_there(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    pictures = page.locator("figure img")
    assert pictures.count() >= 6
    for picture in pictures.all():
        expect(picture).to_be_visible()
        assert len(picture.get_attribute("alt") or "") > 20
    assert table(page, "Test metrics").count() == 2
    page.get_by_text("tabular_cnn on miniboone, jax").click()
    opened = page.locator("details[open]", has_text="tabular_cnn on miniboone, jax")
    expect(opened.get_by_text("History of seed 2")).to_be_visible()
    context.close()


@pytest.mark.parametrize("name", ["phone", "deuteranopia"])
def test_it_has_its_picture_taken(
    browser: Browser, address: str, name: str, tmp_path: Path
) -> None:
    page_pictures.take(browser, address, name, tmp_path / "taken.png")
    content = (tmp_path / "taken.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width = int.from_bytes(content[16:20], "big")
    assert width == page_pictures.PICTURES[name][0][0]


def test_on_paper_there_is_nothing_to_press(shown: Page) -> None:
    chart(shown, "answer2")
    shown.emulate_media(media="print")
    for pressed in ("nav", ".tools button", ".choose"):
        expect(shown.locator(pressed).first).to_be_hidden()
    expect(shown.locator("table.ways").first).to_be_visible()
    for picture in shown.locator("figure img").all():  # those of charts that nobody has seen, too
        expect(picture).to_be_visible()
    expect(shown.locator(".chart").first).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_for_everyone(page: Page, address: str, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    chart(page, "answer2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    serious = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
        for violation in found
        if violation["impact"] not in HARMLESS
    ]
    assert not serious
