"""A stranger's checkpoint: whatever is in its files, one line says what is wrong, in little time and memory.

docs/security.md has a table that names these tests. `limited` lets none of them take more than two gigabytes more than
the process has.
"""

import json
import os
import pickle
import resource
import struct
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
import torch
from safetensors.torch import save_file

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.clap_checkpoint import read_settings as read_clap
from hearsight.experts.pe_audio_checkpoint import read_settings as read_pe_audio
from hearsight.models.ast_checkpoint import read_ast
from hearsight.models.convert.convert import convert, load_published
from hearsight.models.hub import has_weights
from hearsight.models.tokenizer_file import read_tokenizer_file
from hearsight.models.weights import read_weights
from hearsight.towers.mapped_weights import map_weights
from tests.builders import tiny_model

MODULE = b"c__torch__.M\nM\n)\x81"  # an object of TorchScript, without attributes


@pytest.fixture(autouse=True)
def limited():
    """Limit the memory, so that what swells fails here, and does not stop the machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (used + (2 << 30), hard))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def refused(*parts: str):
    """Expect an error of one short line, with these parts, that says what to do."""
    with pytest.raises(HearsightError) as caught:
        yield
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert "\n" not in message and len(message) < 2000 and "; " in message, message


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


def storage(key: str, count: int, kind: str = "FloatStorage") -> bytes:
    """The reference to a storage."""
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + b"tQ"


def tensor(reference: bytes, size: tuple, stride: tuple, offset: int = 0) -> bytes:
    numbers = number(offset) + b"(" + b"".join(map(number, size)) + b"t(" + b"".join(map(number, stride)) + b"t"
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + reference + numbers + hooks + b"tR"


def state(**tensors: bytes) -> bytes:
    return b"\x80\x02}(" + b"".join(text(name) + value for name, value in tensors.items()) + b"u."


def archive(
    path: Path, pickled: bytes, entries: dict | None = None, kind: int = ZIP_STORED, script: bool = False
) -> Path:
    """Write a zip file as torch does. entries: the bytes of each storage."""
    with ZipFile(path, "w", kind) as file:
        file.writestr("archive/data.pkl", pickled)
        for name, data in (entries or {}).items():
            file.writestr(f"archive/data/{name}", data)
        if script:
            file.writestr("archive/constants.pkl", pickle.dumps((), 2))
    return path


def older(path: Path, pickled: bytes, keys: list[str], data: bytes) -> Path:
    """Write a file as torch before 1.6 does."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}]
    pickles = b"".join(pickle.dumps(each, 2) for each in head) + pickled + pickle.dumps(keys, 2)
    path.write_bytes(pickles + data)
    return path


FOUR = struct.pack("<4f", 1, 2, 3, 4)


def test_what_the_helpers_write_is_read(tmp_path):
    """Else the tests below could not fail."""
    weights = state(bias=tensor(storage("0", 4), (2, 2), (1, 2)))
    for name in ("new", "older"):
        (tmp_path / name).mkdir()
    archive(tmp_path / "new" / "pytorch_model.bin", weights, {"0": FOUR}, ZIP_DEFLATED)
    older(tmp_path / "older" / "pytorch_model.bin", weights, ["0"], struct.pack("<q", 4) + FOUR)
    for name in ("new", "older"):
        assert torch.equal(read_weights(tmp_path / name)["bias"], torch.tensor([[1.0, 3.0], [2.0, 4.0]]))
    module = b"\x80\x02" + MODULE + b"}(" + text("w") + tensor(storage("0", 4), (4,), (1,)) + b"ub."
    with refused("like w"):
        load_published(archive(tmp_path / "script.pt", module, {"0": FOUR}, script=True))


def doubled_modules(times: int) -> bytes:
    """A module that has the same module twice, which has the same module twice, and so on; the last has a tensor."""
    inner = MODULE + b"}(" + text("w") + tensor(storage("0", 4), (4,), (1,)) + b"ub"
    for level in range(times):
        memo = b"r" + struct.pack("<I", level)
        inner += memo + b"0" + MODULE + b"}(" + text("a") + b"j" + memo[1:] + text("b") + b"j" + memo[1:] + b"ub"
    return b"\x80\x02" + inner + b"."


def long_chain(times: int) -> bytes:
    """Modules in modules, and so on."""
    innermost = MODULE + b"}(" + text("w") + tensor(storage("0", 4), (4,), (1,)) + b"ub"
    memos = (struct.pack("<I", level) for level in range(times))
    outer = (b"r" + memo + b"0" + MODULE + b"}" + text("a") + b"j" + memo + b"sb" for memo in memos)
    return b"\x80\x02" + innermost + b"".join(outer) + b"."


def circle() -> bytes:
    """A module that is in itself."""
    return b"\x80\x02" + MODULE + b"q\0}" + text("self") + b"h\0sb."


def shared_attributes() -> bytes:
    """Twenty thousand modules in one, which share ten thousand attributes."""
    attributes = b"}(" + b"".join(text(f"n{n}") + b"N" for n in range(10_000)) + b"uq\x010"
    modules = b"".join(text(f"m{n}") + MODULE + b"h\x01b" for n in range(20_000))
    return b"\x80\x02" + attributes + MODULE + b"}(" + modules + b"ub."


@pytest.mark.parametrize(
    "graph",
    [doubled_modules(60), long_chain(100_000), circle(), shared_attributes()],
    ids=["double", "chain", "self", "shared"],
)
def test_a_module_graph_without_an_end_is_refused(tmp_path, graph):
    with refused("too many names", "get the file from its authors"):
        convert(archive(tmp_path / "bad.pt", graph, {"0": FOUR}, script=True), tmp_path / "out")
    assert not (tmp_path / "out").exists()


TENSORS = {
    "all strides are 0": ((10**9, 10**9), (0, 0), 0),
    "one stride is 0": ((10**6, 4), (0, 1), 0),
    "rows overlap": ((3, 3), (1, 0), 0),
    "it goes beyond its storage": ((5,), (1,), 0),
    "it begins beyond it": ((1,), (1,), 4),
    "it begins before it": ((1,), (1,), -1),
    "a stride is negative": ((4,), (-1,), 3),
    "a side is negative": ((-4,), (1,), 0),
    "sides of many digits": ((10**400, 10**400), (1, 1), 0),
    "a product that overflows": ((2**33, 2**33), (0, 0), 0),
    "more sides than strides": ((2, 2), (1,), 0),
    "a thousand sides": ((1,) * 1000, (1,) * 1000, 0),
}


@pytest.mark.parametrize(("size", "stride", "offset"), TENSORS.values(), ids=TENSORS.keys())
def test_a_tensor_larger_than_its_storage_is_refused(tmp_path, size, stride, offset):
    weights = state(bias=tensor(storage("0", 4), size, stride, offset))
    for file in (
        archive(tmp_path / "new.pt", weights, {"0": FOUR}),
        older(tmp_path / "older.pt", weights, ["0"], struct.pack("<q", 4) + FOUR),
    ):
        with refused(str(file), "cannot read"):
            load_published(file)


def test_many_tensors_of_one_storage_are_refused(tmp_path):
    numbers = bytes(1 << 20)
    part = tensor(storage("0", 1 << 18), (1 << 18,), (1,))
    weights = state(**{f"w{number}": part for number in range(200)})
    with refused("its tensors would take over 4 times its size"):
        load_published(archive(tmp_path / "bad.pt", weights, {"0": numbers}))


def test_one_storage_by_many_names_is_read_once_for_each_entry_alone(tmp_path):
    weights = state(a=tensor(storage("x", 4), (4,), (1,)), b=tensor(storage("X", 4), (4,), (1,)))
    with refused("damaged, or incomplete"):
        load_published(archive(tmp_path / "bad.pt", weights, {"x": FOUR}))


@pytest.mark.parametrize("count", [10**12, 2**62, 10**30, -1])
def test_storages_that_claim_more_than_there_is(tmp_path, count):
    weights = state(a=tensor(storage("0", count), (1,), (1,)))
    for file in (
        older(tmp_path / "older.pt", weights, ["0"], struct.pack("<q", 4) + FOUR),
        older(tmp_path / "none.pt", state(a=tensor(storage("0", 4), (1,), (1,))), ["1"], FOUR),
        older(tmp_path / "nested.pt", state(a=tensor(storage("0", 4), (1,), (1,))), [("0",) * 3], FOUR),
    ):
        with refused("damaged, or incomplete"):
            load_published(file)


def test_an_archive_that_swells_is_refused(tmp_path):
    weights = state(a=tensor(storage("0", 25_000_000), (25_000_000,), (1,)))
    zeros = archive(tmp_path / "zeros.pt", weights, {"0": bytes(100_000_000)}, ZIP_DEFLATED)
    assert zeros.stat().st_size < 200_000
    with refused("its entries would take over 4 times its size", "get the file from its authors"):
        load_published(zeros)
    with refused("it is compressed in another way"):
        load_published(archive(tmp_path / "lzma.pt", weights, {"0": bytes(1000)}, ZIP_LZMA))
    content = bytearray(archive(tmp_path / "claim.pt", weights, {"0": FOUR}).read_bytes())
    entry = content.rfind(b"archive/data/0") - 46
    content[entry + 24 : entry + 28] = struct.pack("<I", 4_000_000_000)  # what its size is said to be
    (tmp_path / "claim.pt").write_bytes(content)
    with refused("its entries would take over 4 times its size"):
        load_published(tmp_path / "claim.pt")
    content[-10:-6] = struct.pack("<I", 4_000_000_000)  # what the size of the list of entries is said to be
    (tmp_path / "claim.pt").write_bytes(content)
    with refused("its list of entries is too long"):
        load_published(tmp_path / "claim.pt")


def test_entries_that_share_their_bytes_are_counted_each(tmp_path):
    """Ten thousand names of one entry."""
    path = archive(tmp_path / "shared.pt", state(), {"0": bytes(100_000)})
    with ZipFile(path, "a") as file:
        file.filelist += [file.getinfo("archive/data/0")] * 10_000
        file.writestr("archive/version", "3")  # so that the list is written anew
    with refused("its entries would take over 4 times its size"):
        load_published(path)


def test_too_much_besides_tensors_is_refused(tmp_path):
    path = tmp_path / "bad.pt"
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + b"N0" * 1_100_000 + b"N.")
    with refused("more than 2,000,000 steps"):
        load_published(path)


@pytest.mark.parametrize(
    "key", [b")" + b"2\x86" * 60, b"X" + struct.pack("<I", 5000) + b"k" * 5000], ids=["years to hash", "long"]
)
def test_keys_that_take_long_are_refused(tmp_path, key):
    pickled = b"\x80\x02}" + key + b"Ns."
    for file in (archive(tmp_path / "new.pt", pickled), older(tmp_path / "older.pt", pickled, [], b"")):
        with refused("damaged, or incomplete"):
            load_published(file)


def test_many_layers_of_nothing_are_refused_before_they_are_built(tmp_path):
    """A checkpoint of CLIP that names a million layers, each by one number."""
    weights = {
        "token_embedding.weight": torch.zeros(49_408, 64, dtype=torch.uint8),
        "visual.conv1.weight": torch.zeros(64, 3, 8, 8),
        "visual.positional_embedding": torch.zeros(5, 64),
        "positional_embedding": torch.zeros(77, 64),
        "text_projection": torch.zeros(64, 64),
        **{f"transformer.resblocks.{n}.ln_1.bias": torch.zeros(1, dtype=torch.uint8) for n in range(2000)},
    }
    save_file(weights, tmp_path / "deep.safetensors")
    with refused("num_hidden_layers 2000, and no tower has over 1,000"):
        load_published(tmp_path / "deep.safetensors")


# safetensors


def safetensors(header: object, length: int | None = None, data: bytes = b"") -> bytes:
    written = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(written) if length is None else length) + written + data


def f32(shape: list, *offsets: int) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": list(offsets)}


SAFETENSORS = {
    "a header of 100 GB": safetensors({"a": f32([1], 0, 4)}, 100 << 30, b"0000"),
    "a header of 2^64 bytes": safetensors({"a": f32([1], 0, 4)}, 2**64 - 1, b"0000"),
    "offsets beyond the file": safetensors({"a": f32([10**9], 0, 4 * 10**9)}, data=b"0000"),
    "offsets that go back": safetensors({"a": f32([1], 4, 0)}, data=b"0000"),
    "negative offsets": safetensors({"a": f32([1], -4, 0)}, data=b"0000"),
    "tensors that share their numbers": safetensors({"a": f32([1], 0, 4), "b": f32([1], 0, 4)}, data=b"0000"),
    "a gap": safetensors({"a": f32([1], 4, 8)}, data=b"00000000"),
    "a shape of many numbers": safetensors({"a": f32([10**9, 10**9], 0, 4)}, data=b"0000"),
    "a shape that overflows": safetensors({"a": f32([2**33, 2**33], 0, 4)}, data=b"0000"),
    "a shape of text": safetensors({"a": f32(["1"], 0, 4)}, data=b"0000"),
    "a nested shape": safetensors({"a": f32([[1]], 0, 4)}, data=b"0000"),
    "a header that is a list": safetensors([1]),
    "a header nested without an end": safetensors(b'{"a":' * 100_000),
    "a header of lists": safetensors(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "tensors that are numbers": safetensors({"a": 1}),
    "no header": struct.pack("<Q", 0),
    "NaN": safetensors(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', data=b"0000"),
}


@pytest.mark.parametrize("content", SAFETENSORS.values(), ids=SAFETENSORS.keys())
def test_a_hostile_safetensors_file_is_refused(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with refused(str(tmp_path), "again"):
        load_published(tmp_path / "model.safetensors")
    with refused(str(tmp_path), "again"):
        read_weights(tmp_path)
    with refused(str(tmp_path), "its weights are damaged"):
        map_weights(tmp_path)


def test_a_header_longer_than_any_is_not_read(tmp_path):
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", 5 << 30) + b'{"a":')
        file.truncate(6 << 30)  # sparse
    for read in (read_weights, map_weights, lambda folder: load_published(folder / "model.safetensors")):
        with refused("more than a list of tensors takes"):
            read(tmp_path)


# Settings


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    tiny_model(folder)
    return folder


def changed(saved: Path, folder: Path, change) -> Path:
    """A copy of a model's folder with another config.json."""
    folder.mkdir()
    for file in saved.iterdir():
        if file.name != "config.json":
            (folder / file.name).symlink_to(file)
    values = json.loads((saved / "config.json").read_text())
    (folder / "config.json").write_text(change(values) or json.dumps(values))
    return folder


def put(*path, value):
    """A change of a configuration, at this path."""

    def change(values):
        for name in path[:-1]:
            values = values[name]
        values[path[-1]] = value

    return change


SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
NUMBERS = (10**12, 10**500, -1, float("nan"), "12", [12])
FIELDS = [
    *(("clip", "text_config", name) for name in (*SIZES, "vocab_size", "max_position_embeddings")),
    *(("clip", "vision_config", name) for name in (*SIZES, "image_size", "patch_size")),
    *(("ast", name) for name in (*SIZES, "max_length", "num_mel_bins", "time_stride")),
    *(("options", name) for name in ("queries", "layers", "heads", "positions")),
    ("clip", "projection_dim"),
    ("clip", "text_config"),
    ("clip",),
    ("ast",),
    ("frames",),
    ("words",),
    ("temperature",),
    ("method",),
    ("options",),
    ("former",),
]
CONFIGS = [put(*path, value=NUMBERS[(n + shift) % 6]) for n, path in enumerate(FIELDS) for shift in (0, 1, 3)]
CONFIGS += [put("clip", "text_config", "num_hidden_layers", value=value) for value in (10**9, 0, {}, True, 1e30)]
CONFIGS += [
    put("clip", "vision_config", "image_size", value=16_000),
    put("frames", value=10**9),
    put("words", value=9999),
]


@pytest.mark.parametrize("change", CONFIGS)
def test_a_configuration_with_absurd_sizes_is_refused(saved, tmp_path, change):
    with refused():
        hearsight.load(changed(saved, tmp_path / "model", change))


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000, '{"clip":' * 100_000, "[]", "1", "null", '"text"', "{}", "", "\0", "{'a': 1}", "\ud800",
        '{"model_type": ["hearsight"]}', '{"model_type": "hearsight"}', '{"model_type": "clip"}', '{"a": 1e999}',
        '{"model_type": "hearsight", "method": "save", "clip": {}, "' + "x" * 100_000 + '": 1}',
    ],
    ids=range(16),
)  # fmt: skip
def test_a_damaged_configuration_is_refused(saved, tmp_path, content):
    folder = changed(saved, tmp_path / "model", lambda values: "{}")
    (folder / "config.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with refused():
        hearsight.load(folder)


def test_a_large_sparse_configuration_is_not_read(saved, tmp_path):
    folder = changed(saved, tmp_path / "model", lambda values: None)
    os.truncate(folder / "config.json", 5 << 30)
    with refused("config.json", "no such file has over"):
        hearsight.load(folder)
    for read in (read_clap, read_pe_audio, read_ast):
        with refused("config.json", "no such file has over"):
            read(folder)


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer_config.json", "model.safetensors.index.json", "tokenizer.json"]
)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_in_place_of_a_file_is_not_read(saved, tmp_path, name, kind):
    folder = changed(saved, tmp_path / "model", lambda values: None)
    (folder / name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to("/dev/zero")
    try:
        hearsight.load(folder).encode_texts(["a bell"])
        has_weights(folder)
    except HearsightError as error:
        assert name in str(error) or "tokenizer" in str(error)


def test_a_link_shows_nothing_of_the_file_that_it_leads_to(saved, tmp_path):
    (tmp_path / "key").write_text("SECRET KEY")
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        folder = changed(saved, tmp_path / name.partition(".")[0], lambda values: None)
        (folder / name).unlink()
        (folder / name).symlink_to(tmp_path / "key")
        with pytest.raises(HearsightError) as caught:
            hearsight.load(folder).encode_texts(["a bell"])
        assert "SECRET" not in str(caught.value)


def test_a_model_larger_than_the_memory_is_not_filled(saved, monkeypatch):
    monkeypatch.setattr("hearsight.models.weights.os.sysconf", lambda name: 100)
    with refused("this machine has 0 GB of memory"):
        hearsight.load(saved)


# Tokenizers


def tokenizer(path: Path, **parts) -> Path:
    """A tokenizer of one word."""
    model = {"type": "WordLevel", "vocab": {"a": 0, "[UNK]": 1}, "unk_token": "[UNK]"}
    form = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "decoder": None, "model": model}
    path.write_text(json.dumps({**form, "normalizer": None, "pre_tokenizer": None, "post_processor": None, **parts}))
    return path


DOUBLE = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
TWICE = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {},
}


@pytest.mark.parametrize(
    "parts",
    [
        {"normalizer": {"type": "Sequence", "normalizers": [DOUBLE] * 60}},
        {"normalizer": {"type": "Sequence", "normalizers": [{**DOUBLE, "content": "a" * 1_000_000}]}},
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [BYTES] * 60}},
        {"post_processor": {"type": "Sequence", "processors": [TWICE] * 60}},
    ],
    ids=["doubling", "long", "bytes of bytes", "twice"],
)
def test_a_tokenizer_that_makes_texts_longer_and_longer_is_refused(tmp_path, parts):
    read_tokenizer_file(tokenizer(tmp_path / "right.json"))
    with refused("over 64 times longer"):
        read_tokenizer_file(tokenizer(tmp_path / "tokenizer.json", **parts))


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, "{}", "", "\0", '{"model": {"type": "BPE"}}'])
def test_a_damaged_tokenizer_is_refused(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with refused("tokenizer.json", "download or save the model again"):
        read_tokenizer_file(tmp_path / "tokenizer.json")


def test_a_damaged_list_of_weights_is_refused(tmp_path):
    for content in ("[" * 100_000, "[]", '{"weight_map": 1}', '{"weight_map": {"a": ["b"]}}', "{}"):
        (tmp_path / "model.safetensors.index.json").write_text(content)
        with refused("model.safetensors.index.json", "again"):
            has_weights(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../../etc/passwd"}}')
    assert not has_weights(tmp_path)
