"""What is kept, what is found again, and what the disk may do to it."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

from bench.experiment import Experiment, fingerprint, provenance, without_source
from bench.outcome import failure
from bench.store import Missing, Store
from reports.load import load_history
from reports.schema.record import Provenance, Trained, encode
from reports.schema.writing import clear, whole_file
from tests.builders import ROOT, build_record, planned

Make = Callable[..., Trained]


def example(**changes: object) -> Experiment:
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp"])
    return dataclasses.replace(experiment, **changes)  # type: ignore[arg-type]


def known(experiment: Experiment, checksum: str = "a", keras: str = "3.15.1") -> Provenance:
    return provenance(experiment, checksum=checksum, packages={"keras": keras})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "records")


@pytest.fixture
def success(make_record: Make) -> Trained:
    return make_record(provenance=known(example()), fingerprint=fingerprint(known(example())))


def test_the_same_experiment_is_found_again(store: Store, success: Trained) -> None:
    assert store.find(example(), known(example())) == Missing("was not run")
    store.write(success)
    assert store.find(example(), known(example())) == success


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (known(example(epochs=9)), "epochs was 3 and is 9"),
        (known(example(), checksum="b"), "data was a and is b"),
        (known(example(), keras="3.15.2"), "keras was 3.15.1 and is 3.15.2"),
    ],
)
def test_another_one_is_not_reused_and_why(
    store: Store, success: Trained, now: Provenance, reason: str
) -> None:
    store.write(success)
    assert store.find(example(), now) == Missing(reason)


def test_a_failure_is_never_reused(store: Store, success: Trained) -> None:
    failed = failure(example(), reason="the worker was killed", started_at=success.started_at)
    store.write(
        structs.replace(failed, fingerprint=success.fingerprint, provenance=success.provenance)
    )
    assert store.find(example(), known(example())) == Missing("failed: the worker was killed")
    assert store.failed() == {(success.id, "smoke")}
    store.write(success)
    assert store.find(example(), known(example())) == success
    assert store.failed() == set()
    assert len(list(store.folder.glob("*.json"))) == 1


def test_a_failure_does_not_replace_a_success(store: Store, success: Trained) -> None:
    store.write(success)
    failed = failure(example(), reason="no", started_at="2027-01-01T00:00:00.000+00:00")
    store.write(structs.replace(failed, fingerprint=success.fingerprint))
    assert store.find(example(), known(example())) == success
    assert store.failed() == {(success.id, "smoke")}


def test_a_damaged_file_is_named(store: Store, success: Trained) -> None:
    path = store.write(success)
    path.write_bytes(path.read_bytes()[:100])
    missing = store.find(example(), known(example()))
    assert isinstance(missing, Missing)
    assert missing.reason.startswith(f"{path.name} is damaged")


def test_seed_1_is_not_seed_10(store: Store, success: Trained) -> None:
    tenth = example(seed=10)
    store.write(structs.replace(success, id=tenth.id, seed=10))
    assert store.find(example(seed=1), known(example(seed=1))) == Missing("was not run")


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    def half(path: Path) -> None:
        with whole_file(path) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half(tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_too_large_leaves_nothing(tmp_path: Path) -> None:
    """The system's limit on the size of files fails a write as a full disk does."""
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from reports.schema.writing import whole_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "with whole_file(Path(sys.argv[1])) as stream: stream.write(b'x' * 100_000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "OSError" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_it_holds(full_disk: Path, success: Trained) -> None:
    store = Store(full_disk)
    path = store.write(success)
    (full_disk / "filler").write_bytes(b"x" * (56 * 1024 - 2 * path.stat().st_size))
    large = structs.replace(success, optimizer="x" * 20_000, started_at="2027-01-01T00:00:00+00:00")
    with pytest.raises(OSError, match="No space left"):
        store.write(large)
    assert store.find(example(), known(example())) == success
    assert {file.name for file in full_disk.iterdir()} == {path.name, "filler", "history"}
    assert [file.read_bytes() for file in (full_disk / "history").iterdir()] == [encode(success)]


def test_what_is_replaced_stays_in_the_history(store: Store, success: Trained) -> None:
    again = structs.replace(success, started_at="2027-01-01T00:00:00.000+00:00")
    failed = failure(example(), reason="no", started_at="2027-01-02T00:00:00.000+00:00")
    for record in (success, again, again, failed):
        store.write(record)
    assert store.find(example(), known(example())) == again
    assert load_history([store.folder]).records == (success, again, failed)
    names = sorted(file.name[:14] for file in (store.folder / "history").iterdir())
    assert names == ["20260102030405", "20270101000000", "20270102000000"]


def test_a_folder_without_a_history_gets_one_with_its_records(
    store: Store, success: Trained
) -> None:
    store.write(success)
    shutil.rmtree(store.folder / "history")
    again = structs.replace(success, started_at="2027-01-01T00:00:00.000+00:00")
    store.write(again)
    assert load_history([store.folder]).records == (success, again)


@pytest.mark.parametrize("killed", [False, True])
def test_two_writers_lose_nothing_and_neither_does_a_kill(
    tmp_path: Path, success: Trained, killed: bool
) -> None:
    """Each says what is written once it is; what was said is there, whole."""
    code = (
        "import sys, msgspec; from pathlib import Path\n"
        "from bench.store import Store; from reports.schema.record import Record\n"
        "record = msgspec.json.decode(sys.stdin.buffer.read(), type=Record)\n"
        "for number in range(10_000 if int(sys.argv[3]) else 40):\n"
        "    moment = f'2027-01-01T{sys.argv[2]}:{number // 60 % 60:02}:{number % 60:02}+00:00'\n"
        "    Store(Path(sys.argv[1])).write(msgspec.structs.replace(record, started_at=moment))\n"
        "    print(moment, flush=True)\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), hour, str(int(killed))],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for hour in ("01", "02")
    ]
    said = set()
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(encode(success))
        writer.stdin.close()
    for writer in writers:
        with writer:
            assert writer.stdout
            if killed:
                said |= {writer.stdout.readline() for _ in range(20)}
                writer.kill()
            said |= set(writer.stdout.read().splitlines(keepends=True))
    found = {record.started_at for record in load_history([tmp_path]).records}
    assert found >= {moment.decode().strip() for moment in said if moment.endswith(b"\n")}
    assert len(said) >= 40
    assert not load_history([tmp_path]).skipped


def test_a_changed_network_is_not_reused(store: Store) -> None:
    """As if gelu had become tanh without a new revision."""
    facts = known(example())
    changed = {**facts, "source": "0123456789ab"}
    record = build_record(provenance=changed, fingerprint=fingerprint(changed))
    store.write(record)
    missing = store.find(example(), facts)
    assert isinstance(missing, Missing)
    assert missing.reason == f"source was 0123456789ab and is {facts['source']}"


def test_a_record_from_before_the_source_was_hashed_counts_by_its_revision(store: Store) -> None:
    older = without_source(known(example()))
    record = build_record(provenance=older, fingerprint=fingerprint(older))
    store.write(record)
    assert store.find(example(), known(example())) == record
    checkpoint = store.folder / "checkpoints" / f"{example().id}-{fingerprint(older)}.npz"
    checkpoint.parent.mkdir()
    checkpoint.touch()
    assert store.checkpoint(example(), known(example())) == checkpoint


def test_what_a_killed_writer_left_is_deleted_with_the_file(tmp_path: Path) -> None:
    path, other = tmp_path / "a[1].npz", tmp_path / "a[1]-b.npz.7.partial"
    left = [path, Path(f"{path}.7.partial"), Path(f"{path}.8.partial.weights.h5")]
    for file in (*left, other):
        file.touch()
    clear(path)
    clear(path)
    assert list(tmp_path.iterdir()) == [other]
