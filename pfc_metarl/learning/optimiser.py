"""Optimisers whose subjects do not touch each other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.learning.configuration import TrainingConfiguration


class SubjectwiseOptimiser:
    """RMSProp or Adam over stacked weights, with the gradient's norm limited per subject.

    Both optimisers are element-wise, so stacked subjects stay independent; only the norm
    is a sum, and it is taken within each subject.
    """

    def __init__(self, weights: Mapping[str, Tensor], configuration: TrainingConfiguration) -> None:
        self.weights = dict(weights)
        self.configuration = configuration
        parameters = list(self.weights.values())
        # On a GPU the step size is a number in its memory, so that a captured update sees it change.
        on_gpu = parameters[0].device.type == "cuda"
        rate = torch.tensor(configuration.learning_rate, device="cuda") if on_gpu else configuration.learning_rate
        if configuration.optimiser == "rmsprop":
            self._torch: torch.optim.Optimizer = torch.optim.RMSprop(
                parameters, rate, alpha=0.99, eps=1e-5, capturable=on_gpu
            )
        else:
            self._torch = torch.optim.Adam(parameters, rate, eps=1e-5, capturable=on_gpu)

    def limit_gradients(self) -> Float[Tensor, " subject"]:
        """Scale down gradients that are too long; return each subject's norm before that."""
        norm = gradient_norm([weight.grad for weight in self.weights.values() if weight.grad is not None])
        scale = (self.configuration.gradient_norm / (norm + 1e-6)).clamp(max=1)
        for weight in self.weights.values():
            if weight.grad is not None:
                weight.grad.mul_(scale.view(-1, *[1] * (weight.grad.ndim - 1)))
        return norm

    def set_rate(self, update: int) -> None:
        """Set the step size of an update."""
        settings = self.configuration
        rate = annealed(settings.learning_rate, settings.final_learning_rate, update, settings.updates)
        for group in self._torch.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def step(self) -> None:
        """Apply the gradients held by the weights, and forget them."""
        self._torch.step()
        self._torch.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Everything the optimiser remembers, by name."""
        return {
            f"{name}.{key}": value
            for name, weight in self.weights.items()
            for key, value in self._torch.state[weight].items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a stored state, wherever it was read to."""
        captured = self._torch.param_groups[0]["capturable"]
        for stored, value in state.items():
            name, _, key = stored.rpartition(".")
            if name not in self.weights:
                raise StoredFileError(f"the checkpoint's optimiser knows '{name}', this network does not")
            weight = self.weights[name]
            # Torch wants step counts in this computer's memory, unless the update is captured.
            where = weight.device if captured or key != "step" else torch.device("cpu")
            self._torch.state[weight][key] = value.to(where, copy=True)


def gradient_norm(gradients: list[Tensor]) -> Float[Tensor, " subject"]:
    """Euclidean norm of each subject's gradient, the same to the last bit in any company.

    A sum's order of additions, and with it its last bits, depends on how the array is laid
    out. So sums run along a subject's own rows, and weights are added one by one.
    """
    total = torch.zeros_like(gradients[0].flatten(1)[:, 0])
    for gradient in gradients:
        rows = gradient.flatten(1, -2) if gradient.ndim > 2 else gradient[:, None]
        total = total + rows.square().sum(dim=-1).sum(dim=-1)
    return total.sqrt()


def annealed(first: float, last: float, update: int, updates: int) -> float:
    """Value at ``update`` on the straight line from the first update to the last."""
    return first + (last - first) * update / max(updates - 1, 1)
