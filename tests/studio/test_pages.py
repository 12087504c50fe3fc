"""The pages in a real browser: a dead worker, the keyboard, a phone, hostile names, new entries."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.datasets.files import write_magic
from tests.studio.acts import SLOW, card, choose, only, said, settle, state, tab, visit
from tests.studio.conftest import ROOT, Server

Serve = Callable[..., Server]


def test_a_worker_that_dies_is_said_and_the_training_can_go_on(serve: Serve, page: Page) -> None:
    psutil = pytest.importorskip("psutil")
    server = serve()
    visit(page, server.url)
    only(page, "tabular_mlp")
    settle(page, "Epochs", 120)
    tab(page, "Training")
    page.get_by_role("button", name="Train the active networks").click()
    text = said(page, "tabular_mlp")
    expect(text).to_have_text(re.compile(r"epoch ([2-9]|\d\d+) of 120"), timeout=SLOW)
    for process in psutil.Process(server.process.pid).children(recursive=True):
        process.kill()
    state(page, "tabular_mlp", "failed")
    expect(card(page, "tabular_mlp").get_by_role("alert")).to_contain_text("killed by SIGKILL")
    card(page, "tabular_mlp").get_by_role("button", name="Go on").click()
    state(page, "tabular_mlp", "trained")
    expect(page.get_by_role("log")).to_contain_text("goes on after epoch")


def test_data_without_a_synthetic_form_are_real_or_not_chosen(
    serve: Serve, page: Page, tmp_path: Path
) -> None:
    data = tmp_path / "data" / "magic"
    data.mkdir(parents=True)
    server = serve("--data-dir", str(data.parent))
    visit(page, server.url)
    choose(page, "Data set", "MAGIC gamma telescope")
    expect(page.get_by_text("magic04.data")).to_be_visible()
    expect(page.get_by_label("Data set", exact=True)).to_have_value(
        "MiniBooNE particle identification"
    )
    write_magic(data)
    choose(page, "Data set", "MAGIC gamma telescope")
    expect(page.get_by_text("hadron, gamma")).to_be_visible()
    tab(page, "Networks")
    settle(page, "Epochs", 77)
    tab(page, "Data")
    page.get_by_role("radio", name="synthetic data").click()
    expect(page.get_by_text("magic has no synthetic form")).to_be_visible()
    expect(page.get_by_role("radio", name="real files")).to_have_attribute("aria-checked", "true")
    tab(page, "Networks")
    expect(page.get_by_label("Epochs")).to_have_value("77")
    expect(page.get_by_text("1,501 parameters; budget 1,500")).to_be_visible()


def test_every_page_shows_the_settings_that_are_in_force(serve: Serve, page: Page) -> None:
    server = serve()
    visit(page, server.url)
    only(page, "tabular_rnn")
    settle(page, "Epochs", 7)
    other = page.context.new_page()
    visit(other, page.url)
    tab(other, "Networks")
    expect(other.get_by_label("Epochs")).to_have_value("7")
    settle(page, "Seed", 5)
    page.get_by_role("checkbox", name="tabular_mlp", exact=True).click()
    expect(other.get_by_label("Seed")).to_have_value("5")
    expect(other.get_by_role("checkbox", name="tabular_mlp", exact=True)).to_be_checked()

    choose(other, "Backend", "jax")
    choose(other, "Execution", "lstm")
    expect(page.get_by_label("Execution")).to_have_value("lstm")
    page.bring_to_front()  # a menu opens where it is seen
    choose(page, "Backend", "tensorflow")
    expect(page.get_by_text("cannot run with lstm")).to_be_visible()
    for each in (page, other):
        expect(each.get_by_label("Backend")).to_have_value("jax")
    settle(page, "Seed", 2**32)
    expect(page.get_by_text("a whole number from 0 to 4,294,967,295")).to_be_visible()
    expect(other.get_by_label("Seed")).to_have_value("5")


def test_everything_can_be_reached_with_the_keyboard_alone(serve: Serve, page: Page) -> None:
    visit(page, serve().url)

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            label = page.evaluate(
                "() => { const e = document.activeElement; return e === document.body ? '' "
                ": e.getAttribute('aria-label') || e.innerText || '' }"
            )
            if name.lower() in label.lower():
                return
        raise AssertionError(f"{name} was not reached")

    page.get_by_role("tab", name="Data").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    tab_to("Train the active networks")
    page.keyboard.press("Enter")
    state(page, "tabular_mlp", "trained")
    tab_to("From the beginning")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")  # Cancel has the focus
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(serve: Serve, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, serve().url)
    for name in ("Data", "Networks", "Training", "Results", "Files"):
        tab(page, name)
        page.wait_for_timeout(500)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, name
    dark = page.evaluate("document.body.classList.contains('body--dark')")
    assert dark == (scheme == "dark")


def test_nothing_of_a_record_or_a_file_name_runs(serve: Serve, page: Page, make_record) -> None:  # type: ignore[no-untyped-def]
    from reports.schema.record import encode

    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    server = serve()
    record = make_record(architecture=attack, backend=attack, overrides=attack)
    (server.results / "attack.json").write_bytes(encode(record))
    (server.results / f"{attack.replace('/', '')[:60]}.json").write_text("{")
    saved = server.results / "saved"
    saved.mkdir()
    (saved / f"{attack.replace('/', '')[:60]}.weights.h5").write_bytes(b"no HDF5")
    page.goto(server.url)
    tab(page, "Results")
    expect(page.get_by_text("onerror").first).to_be_visible()
    tab(page, "Files")
    expect(page.get_by_text("onerror").locator("visible=true").first).to_be_visible()
    only(page, "tabular_mlp")
    tab(page, "Files")
    page.wait_for_timeout(1_000)
    card(page, "tabular_mlp").get_by_label("Saved weights").click()
    page.get_by_role("option").first.click()
    card(page, "tabular_mlp").get_by_role("button", name="Load").click()
    page.wait_for_timeout(2_000)
    assert page.title() == "Keras bench: studio"


def test_a_new_network_and_a_new_data_set_appear_by_themselves(
    serve: Serve, page: Page, tmp_path: Path
) -> None:
    """By the recipe of CONTRIBUTING, in a copy."""
    root = tmp_path / "copy"
    for name in ("architectures", "datasets", "bench", "reports", "studio"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    networks = root / "architectures" / "tabular.py"
    networks.write_text(
        networks.read_text()
        + "\n\ndef tabular_twin(shape: Shape, classes: int) -> keras.Model:\n"
        + '    """Return a second `tabular_mlp`."""\n    return tabular_mlp(shape, classes)\n'
    )
    registry = root / "architectures" / "registry.py"
    entry = """    Architecture(
        name="tabular_twin", modality="tabular", kind="mlp", encoding="standardized",
        scales=(Scale(shape=(50,), classes=2, parameters=7_801, budget_reference=7_500),),
        least_shape=(1,),
    ),
)
"""
    text = registry.read_text()
    start = text.index("ARCHITECTURES = (")
    end = text.index("\n)\n", start) + 1
    registry.write_text(text[:start] + text[start:end] + entry + text[end + 2 :])
    sets = root / "datasets" / "registry.py"
    text = sets.read_text()
    twin = (
        "\nfrom dataclasses import replace\n\nDATASETS += (\n"
        '    replace(DATASETS[0], name="twins", title="Twin events", folder="twins"),\n)\n'
    )
    marker = "\nBY_NAME = "
    sets.write_text(text.replace(marker, twin + marker))

    page.goto(serve(root=root).url)
    choose(page, "Data set", "Twin events")
    only(page, "tabular_twin")
    tab(page, "Training")
    page.get_by_role("button", name="Train the active networks").click()
    state(page, "tabular_twin", "trained")
    tab(page, "Results")
    expect(page.get_by_role("row", name="tabular_twin").first).to_be_visible()
