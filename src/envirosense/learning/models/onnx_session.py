"""ONNX files, run by onnxruntime on one core."""

from pathlib import Path
from typing import Any

from envirosense.core.errors import DatasetError, MissingExtraError


def onnx_session(data: bytes, path: Path) -> Any:
    """Session of an ONNX file; `path` is for the words of errors.

    Raises:
        DatasetError: if the bytes are no ONNX model.
        MissingExtraError: without onnxruntime.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "onnx") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is said by the error
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base class of its errors
        raise DatasetError(f"{path}: cannot be read as ONNX ({error})") from None
