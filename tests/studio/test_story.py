"""The whole story in a real browser: choose, train, stop, go on, test, save, load, reload."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.studio.acts import SLOW, card, choose, only, points, said, settle, state, tab, visit
from tests.studio.conftest import Server, wait

Serve = Callable[..., Server]


def test_the_whole_story(serve: Serve, page: Page, tmp_path: Path) -> None:
    server = serve()
    visit(page, server.url)

    # Choose: images, two networks, settings.
    choose(page, "Data set", "Fashion-MNIST")
    expect(page.get_by_alt_text("a sample of the class").first).to_be_visible()
    only(page, "image_mlp", "image_cnn")
    settle(page, "Epochs", 60)
    settle(page, "Batch size", 16)
    page.get_by_role("checkbox", name="F1").click()
    expect(page.get_by_text("252,570 parameters; budget 240,000").first).to_be_visible()
    layers = card(page, "image_cnn")
    layers.get_by_text("Layers").click(timeout=SLOW)
    expect(layers.get_by_role("cell", name="Conv2D").first).to_be_visible()
    layers.get_by_text("Plot").click()
    expect(layers.get_by_role("img", name="layers of image_cnn")).to_be_visible()

    # Train two; the curves move; the page may be left and comes back to a running training.
    tab(page, "Training")
    page.get_by_role("button", name="Train the active networks").click()
    state(page, "image_cnn", "waiting")
    progress = said(page, "image_mlp")
    expect(progress).to_have_text(re.compile(r"epoch [2-9]|epoch \d\d"), timeout=SLOW)
    expect(page.locator(".chart").filter(has_text="F1")).to_be_visible()
    before = points(page, "loss")
    page.reload()
    tab(page, "Training")
    state(page, "image_mlp", "training")
    wait(lambda: points(page, "loss") > before, 60)

    # Stop: first not, then yes. The one that waited goes on alone.
    stop = card(page, "image_mlp").get_by_role("button", name="Stop")
    stop.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    state(page, "image_mlp", "training")
    stop.click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    state(page, "image_mlp", "stopped")
    state(page, "image_cnn", "training")
    second = re.compile(r"epoch [2-9]|epoch \d\d")
    expect(said(page, "image_cnn")).to_have_text(second, timeout=SLOW)
    card(page, "image_cnn").get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    state(page, "image_cnn", "stopped")
    assert not list(server.results.glob("*.json"))  # what was stopped is no result

    # The server itself ends and comes back: it knows where both were.
    done = int(re.search(r"\d+", said(page, "image_mlp").inner_text())[0])  # type: ignore[index]
    assert done >= 2
    assert server.stop() == 0
    again = serve()
    visit(page, again.url)
    choose(page, "Data set", "Fashion-MNIST")
    only(page, "image_mlp")
    settle(page, "Epochs", 60)
    settle(page, "Batch size", 16)
    page.get_by_role("checkbox", name="F1").click()
    tab(page, "Training")
    state(page, "image_mlp", "stopped")
    expect(said(page, "image_mlp")).to_have_text(re.compile(f"{done} of 60 epochs"))
    assert points(page, "loss") > 0

    # Go on, to the end.
    card(page, "image_mlp").get_by_role("button", name="Go on").click()
    state(page, "image_mlp", "trained")
    expect(page.get_by_role("log")).to_contain_text(f"goes on after epoch {done}")
    (path,) = again.results.glob("image_mlp-*.json")
    record = json.loads(path.read_bytes())
    assert (record["outcome"], record["epochs"], record["batch_size"]) == ("trained", 60, 16)
    assert len(record["history"]["train"]["f1"]) == 60
    assert done + 1 in record["durations"]["resumed_epochs"]

    # Test: the same numbers from the weights as from the training.
    tab(page, "Results")
    accuracy = f"{record['test']['accuracy']:.4f}"
    row = page.get_by_role("row", name="image_mlp").first
    expect(row).to_contain_text(accuracy)
    expect(page.get_by_role("table").filter(has_text="Ankle boot")).to_be_visible()
    settle(page, "Batch size of the test", 40)
    page.get_by_role("button", name="Test the active networks").click()
    tab(page, "Training")
    expect(page.get_by_role("log")).to_contain_text(
        re.compile(f"tested with image_mlp-.*accuracy {accuracy}"), timeout=SLOW
    )
    tab(page, "Results")
    expect(row).to_contain_text(accuracy)
    wrong = page.get_by_text(re.compile(r"taken for .* \(\d+%\)"))
    expect(wrong.first).to_be_visible()
    expect(page.get_by_text("Earlier runs of this data set")).to_be_visible()

    # Save, load, a file of another network refused with the reason.
    tab(page, "Files")
    page.get_by_label("Name", exact=True).fill("../../outside")
    page.get_by_role("button", name="Save weights").click()
    expect(page.get_by_text("is no name for a file")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_role("button", name="Save weights").click()
    expect(page.get_by_text("mine-image_mlp.weights.h5,")).to_be_visible()
    saved = again.results / "saved" / "mine-image_mlp.weights.h5"
    assert saved.is_file()
    assert not list(tmp_path.glob("outside*"))
    tab(page, "Networks")
    page.get_by_role("checkbox", name="image_cnn", exact=True).click()
    tab(page, "Files")
    refused = card(page, "image_cnn")
    refused.get_by_label("Saved weights").click()
    page.get_by_role("option", name="mine-image_mlp").click()
    refused.get_by_role("button", name="Load").click()
    expect(refused.get_by_role("alert")).to_have_text(
        "mine-image_mlp.weights.h5 holds weights of image_mlp, not of image_cnn", timeout=SLOW
    )
    taken = card(page, "image_mlp")
    taken.get_by_label("Saved weights").click()
    page.get_by_role("option", name="mine-image_mlp").click()
    taken.get_by_role("button", name="Load").click()
    expect(taken).to_contain_text("Uses the weights of mine-image_mlp", timeout=SLOW)
    tab(page, "Results")
    expect(page.get_by_role("row", name="of mine-image_mlp").first).to_contain_text(accuracy)

    # Send a file; export; the report of the session; the log.
    tab(page, "Files")
    page.locator("input[type=file]").set_input_files(
        {"name": "sent.weights.h5", "mimeType": "application/x-hdf5", "buffer": saved.read_bytes()}
    )
    expect(page.get_by_text("sent.weights.h5,")).to_be_visible()
    assert (again.results / "saved" / "sent.weights.h5").read_bytes() == saved.read_bytes()
    for name, why in (("sent.weights.h5", "is there already"), ("a.txt", "'a.txt' was not sent")):
        page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "", "buffer": saved.read_bytes()}
        )
        expect(page.get_by_text(why)).to_be_visible()
    with page.expect_download(timeout=SLOW) as download:
        taken.get_by_role("button", name="Export as .keras").click()
    assert download.value.suggested_filename.endswith(".keras")
    assert download.value.path().stat().st_size > 100_000
    page.get_by_role("button", name="Make the report").click()
    with page.context.expect_page(timeout=SLOW) as opened:
        page.get_by_role("link", name="Open the report").click(timeout=SLOW)
    expect(opened.value.get_by_text("image_mlp").first).to_be_visible()
    opened.value.close()
    tab(page, "Training")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the log").click()
    assert "goes on after epoch" in download.value.path().read_text()

    # Losing unsaved progress can be refused: image_cnn was stopped and is not saved.
    page.get_by_role("button", name="All from the beginning").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("image_cnn (")
    expect(question).not_to_contain_text("image_mlp (")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    state(page, "image_cnn", "stopped")

    assert not {name.partition(".")[0] for name in again.imported()} & {
        "keras",
        "tensorflow",
        "jax",
    }
    assert "Traceback" not in again.printed()
