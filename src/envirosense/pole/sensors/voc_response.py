"""How the channels of a gas array answer a mixture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.stages.kernels import mix


@dataclass(frozen=True, slots=True)
class GasResponse:
    """How the channels answer a mixture.

    `reducing` and `oxidising` (gas, channel) are ppb of the target per ppb; `k` [ppb], `beta` and
    `oxidiser_beta` (channel,) shape the compressed channels marked in `is_mox`.
    """

    reducing: Array
    oxidising: Array
    k: Array
    beta: Array
    oxidiser_beta: Array
    is_mox: npt.NDArray[np.bool_]

    def equivalent_ppb(self, gas_ppb: Array) -> Array:
        """Target that would give the same signal, (time, channel) [ppb], from gas (time, gas) [ppb].

        ln G = beta ln(1 + x) - beta_ox ln(1 + x_ox) with x = sum c / K; solved for the target alone.
        """
        y = mix(gas_ppb, self.reducing)
        mox = slice(None) if self.is_mox.all() else self.is_mox
        k = self.k[mox]
        oxidisers = self.oxidising.any(axis=1)  # few of the gases
        taken_ppb = mix(np.ascontiguousarray(gas_ppb[:, oxidisers]), self.oxidising[oxidisers])[:, mox]
        weakened = 1.0 / (1.0 + taken_ppb / k)
        exponent = self.oxidiser_beta[mox] / self.beta[mox]
        if (exponent != 1.0).any():  # equal exponents, the usual part, need no power
            weakened = weakened**exponent
        y[:, mox] = (y[:, mox] + k) * weakened - k
        return y

    def jittered(self, factor: Array) -> "GasResponse":
        """The same law with every cross-sensitivity multiplied by `factor` (gas, channel)."""
        return GasResponse(
            self.reducing * factor,
            self.oxidising * factor,
            self.k,
            self.beta,
            self.oxidiser_beta,
            self.is_mox,
        )
