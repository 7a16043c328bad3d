"""Models made elsewhere, as detectors: a Python object, an ONNX file, a program."""

from envirosense.learning.foreign.command_model import CommandDetector
from envirosense.learning.foreign.judge import judge_detector
from envirosense.learning.foreign.onnx_bundle import onnx_bundle
from envirosense.learning.foreign.onnx_forest import forest_to_onnx, save_onnx_detector
from envirosense.learning.foreign.onnx_model import OnnxCard, OnnxDetector
from envirosense.learning.foreign.python_model import PythonDetector

__all__ = [
    "CommandDetector",
    "OnnxCard",
    "OnnxDetector",
    "PythonDetector",
    "forest_to_onnx",
    "judge_detector",
    "onnx_bundle",
    "save_onnx_detector",
]
