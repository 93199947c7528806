"""Open a network in a file by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime


def open_session(file: Path) -> Any:
    """Return a session that computes in one thread, so that the same picture always gives the same text.

    Threads may share it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
