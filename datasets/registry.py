"""The data sets, in the order of the tables: the study's three, and one that can stand in."""

import difflib
from functools import partial

from datasets import fashion_mnist, imdb, magic, miniboone, preprocess, synthetic
from datasets.spec import Dataset, Encoding, Source

UCI = "https://archive.ics.uci.edu/static/public"
ZALANDO = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"


def _of_zalando(filename: str, *, md5: str, unpacked: str, size_bytes: int) -> Source:
    """Return a file of Fashion-MNIST; ``unpacked`` is the SHA-256 of what gzip packed in it."""
    return Source(
        filename=filename,
        url=f"{ZALANDO}/{filename}",
        checksum=f"md5:{md5}",
        known={f"sha256:{unpacked}": ""},
        size_bytes=size_bytes,
    )


DATASETS = (
    Dataset(
        name="miniboone",
        title="MiniBooNE particle identification",
        modality="tabular",
        folder="miniboone",
        licence="CC BY 4.0",
        classes=("background", "signal"),
        sizes=(104_051, 26_013),
        revision=1,
        sources=(
            Source(
                filename=miniboone.FILENAME,
                url=f"{UCI}/199/miniboone+particle+identification.zip",
                checksum=None,  # none is published; `read` checks the structure
                size_bytes=91_000_000,
                member=miniboone.FILENAME,
            ),
        ),
        target_accuracies=(0.90, 0.93),
        read=miniboone.read,
        missing=miniboone.MISSING,
        generate=synthetic.events,
        encodings={
            "standardized": Encoding(
                shape=(miniboone.FEATURES,),
                dtype="float32",
                apply=partial(preprocess.standardize, missing=miniboone.MISSING),
            ),
        },
    ),
    Dataset(
        name="fashion_mnist",
        title="Fashion-MNIST",
        modality="image",
        folder="fashion-mnist",
        licence="MIT",
        classes=fashion_mnist.CLASSES,
        sizes=(60_000, 10_000),
        revision=1,
        sources=(
            _of_zalando(
                "train-images-idx3-ubyte.gz",
                md5="8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                unpacked="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                size_bytes=26_421_880,
            ),
            _of_zalando(
                "train-labels-idx1-ubyte.gz",
                md5="25c81989df183df01b3e8a0aad5dffbe",
                unpacked="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                size_bytes=29_515,
            ),
            _of_zalando(
                "t10k-images-idx3-ubyte.gz",
                md5="bef4ecab320f06d8554ea6380940ec79",
                unpacked="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                size_bytes=4_422_102,
            ),
            _of_zalando(
                "t10k-labels-idx1-ubyte.gz",
                md5="bb300cfdad3c16e7a12a480ee83cd310",
                unpacked="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                size_bytes=5_148,
            ),
        ),
        target_accuracies=(0.85, 0.90),
        read=fashion_mnist.read,
        generate=synthetic.garments,
        encodings={
            "scaled": Encoding(shape=(28, 28), dtype="float32", apply=preprocess.scale),
        },
    ),
    Dataset(
        name="imdb",
        title="IMDB movie-review sentiment",
        modality="sequential",
        folder="imdb",
        licence="for research, with citation of Maas et al. (2011)",
        classes=("negative", "positive"),
        sizes=(25_000, 25_000),
        revision=1,
        sources=(
            Source(
                filename=imdb.FILENAME,
                url=f"{KERAS}/imdb.npz",
                checksum="sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
                known={
                    "sha256:cded675c251252396d430c363a6cb623a1ca93ca1f3ff31d218ba6b222a5f6c6": (
                        "the same 50,000 reviews, tokenised anew"
                    ),
                },
                size_bytes=17_464_789,
            ),
        ),
        target_accuracies=(0.85, 0.88),
        read=imdb.read,
        generate=synthetic.reviews,
        encodings={
            "multi_hot": Encoding(
                shape=(imdb.VOCABULARY,),
                dtype="uint8",
                apply=partial(preprocess.multi_hot, vocabulary=imdb.VOCABULARY),
            ),
            "padded": Encoding(
                shape=(imdb.WORDS,),
                dtype="int32",
                tokens=imdb.VOCABULARY,
                apply=partial(preprocess.pad, length=imdb.WORDS),
            ),
        },
        words=lambda folder: imdb.vocabulary(folder) if folder else synthetic.vocabulary(),
    ),
    Dataset(
        name="magic",
        title="MAGIC gamma telescope",
        modality="tabular",
        folder="magic",
        licence="CC BY 4.0",
        classes=("hadron", "gamma"),
        sizes=(15_216, 3_804),
        only_if_named=True,
        revision=1,
        sources=(
            Source(
                filename=magic.FILENAME,
                url=f"{UCI}/159/magic+gamma+telescope.zip",
                checksum=None,  # none is published; `read` checks the structure
                size_bytes=1_480_000,
                member=magic.FILENAME,
            ),
        ),
        target_accuracies=(0.85, 0.87),
        read=magic.read,
        generate=None,  # MiniBooNE's synthetic events try the same code
        encodings={
            "standardized": Encoding(
                shape=(magic.FEATURES,), dtype="float32", apply=preprocess.standardize
            ),
        },
    ),
)

BY_NAME = {dataset.name: dataset for dataset in DATASETS}


def find(name: str) -> Dataset:
    """Return the data set called ``name``; an unknown one raises `ValueError` with near matches."""
    if name in BY_NAME:
        return BY_NAME[name]
    near = difflib.get_close_matches(name, BY_NAME, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(BY_NAME)}"
    raise ValueError(f"unknown data set {name!r}; {hint}")
