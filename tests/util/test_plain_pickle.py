"""Pickles of strangers: plain values are read, nothing runs, and nothing swells or takes long."""

import io
import pickle
import struct
from collections import OrderedDict
from functools import partial

import pytest

from hearsight.util.plain_pickle import MOST_STEPS, Attributes, ForeignObjectError, read_pickle

ANY = {("collections", "OrderedDict"): lambda: OrderedDict(), ("__torch__", ""): Attributes}


def read(data: bytes, **options):
    return read_pickle(io.BytesIO(data), ANY, **options)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_plain_values_come_out_as_they_went_in(protocol):
    values = {
        "text": "día\n",
        "bytes": b"\0\xff",
        "numbers": [0, -1, 300, 70_000, 2**40, 1.5, float("inf"), True, None],
        "nested": {"a": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), 3: []},
        "long": "x" * 70_000,
        "ordered": OrderedDict(a=1, b=[2]),
        7: {None: 1, 2.5: 2, b"key": 3},
    }
    if protocol == 2:  # which writes bytes as a call
        del values["bytes"], values[7][b"key"]
    assert read(pickle.dumps(values, protocol)) == values


def test_what_is_shared_stays_shared_and_the_stream_is_left_after_it():
    shared = ["a"]
    stream = io.BytesIO(pickle.dumps([shared, shared], 2) + pickle.dumps("next", 2) + b"rest")
    first, second = read_pickle(stream)
    assert first is second and read_pickle(stream) == "next" and stream.read() == b"rest"


def doubling(times: int) -> bytes:
    """Steps that make a tuple of the same two tuples, and so on."""
    return b")" + b"2\x86" * times


HOSTILE = {
    "a key that takes years to hash": b"\x80\x02}" + doubling(60) + b"K\x01s.",
    "keys that do, in a dictionary of many": b"\x80\x02}(" + doubling(60) + b"K\x01u.",
    "in the older way": b"\x80\x02(" + doubling(60) + b"K\x01d.",
    "a set of such": b"\x80\x04\x8f(" + doubling(60) + b"\x90.",
    "a frozen set of such": b"\x80\x04(" + doubling(60) + b"\x91.",
    "an index that takes gigabytes": b"\x80\x02]r\xff\xff\xff\x7f" * 2 + b"R.",
    "bytes that are not there": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.",
    "text that is not there": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x.",
    "bytes to be filled": b"\x80\x05\x96" + struct.pack("<Q", 1 << 36) + b"x.",
    "a number of a million digits": b"\x80\x02I" + b"9" * 1_000_000 + b"\n.",
    "a number of a million bytes": b"\x80\x02}\x8b" + struct.pack("<i", 1_000_000) + b"\1" * 1_000_000 + b"Ns.",
    "a long key": b"\x80\x02}X" + struct.pack("<I", 10_000) + b"k" * 10_000 + b"Ns.",
    "too many steps": b"\x80\x02" + b"N0" * MOST_STEPS + b"N.",
    "a call with many arguments": b"\x80\x02ccollections\nOrderedDict\n(" + b"N" * 100 + b"tR.",
    "attributes of a list": b"\x80\x02]}b.",
    "entries of a list": b"\x80\x02]NNs.",
    "what is outside of it": b"\x80\x02NQ.",
    "another class": b"\x80\x02cos\nsystem\nX\x04\0\0\0trueq\0\x85R.",
    "another class, in the oldest way": b"(S'true'\nios\nsystem\n.",
    "another class, by an extension": b"\x80\x02\x82\x01.",
    "bytes that double": b"\x80\x02" + b"c_codecs\nencode\nC\1aX\3\0\0\0hex\x86R.",
    "the end before a value": b"\x80\x02.",
    "no end": b"\x80\x02N",
    "nothing": b"",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_pickle_is_refused(data):
    with pytest.raises((pickle.UnpicklingError, ValueError, EOFError, IndexError, OverflowError, TypeError)):
        read(data)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_other_classes_are_named_and_not_built(protocol):
    with pytest.raises(ForeignObjectError) as caught:
        read(pickle.dumps([len, {"a": partial}], protocol))
    module = "__builtin__" if protocol < 3 else "builtins"
    assert sorted(caught.value.names) == [f"{module}.len", "functools.partial"]


def test_a_graph_without_an_end_costs_what_its_steps_cost():
    """Fifty lists of twice the same list, and a dictionary of attributes that many objects share."""
    nested = read(b"\x80\x02]" + b"2\x86" * 60 + b".")
    assert len(nested) == 2 and nested[0] is nested[1]
    shared = b"c__torch__.M\nM\n)\x81}X\1\0\0\0aK\1s" + b"b"
    assert vars(read(b"\x80\x02" + shared + b".")) == {"a": 1}
