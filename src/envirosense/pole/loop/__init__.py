"""What the pole brings to the loop: windows of short episodes, and draws from where a model is weak."""

from envirosense.pole.loop.subject import PoleLoop

__all__ = ["PoleLoop"]
