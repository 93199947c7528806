"""What the tests of child processes call in a child."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np


class StrangeError(Exception):
    """An error that cannot be pickled, because it takes two arguments and passes one on."""

    def __init__(self, first, second):
        super().__init__(first)


def count(limit):
    for number in range(limit):
        print("a library that prints to stdout")
        os.write(1, b"and one that is not written in Python\n")
        yield number


def arrays(*shapes):
    for shape in shapes:
        yield np.ones(shape, np.float32)


def log():
    logging.getLogger("loud").warning("%s films", 3)
    logging.getLogger("quiet").warning("nobody wants to know")
    yield "done"


def process_id():
    return os.getpid()


def end_by(number):
    yield "before"
    os.kill(os.getpid(), getattr(signal, number))
    time.sleep(60)


def leave(status):
    os._exit(status)
    yield


def swell(size):
    yield len(bytearray(size))


def compute():
    while True:
        pass
    yield


def sleep(seconds):
    yield "awake"
    time.sleep(seconds)
    yield "awake again"


def fail(kind):
    yield "before"
    try:
        Path("/nowhere").stat()
    except OSError as error:
        if kind == "strange":
            raise StrangeError("one", "two") from error
        raise ValueError("it is odd") from error


def modules():
    yield from sys.modules
