"""What both networks learn by: batches made beside the learning, a running mean of weights, checkpoints."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

AHEAD = 4  # batches made beside the learning
LONGEST_GRADIENT = 5.0
T = TypeVar("T")


class Part(Protocol):
    """What a checkpoint keeps."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> Any: ...


def ahead(make: Callable[[int], T], first: int, last: int) -> Iterator[T]:
    """The batches of steps ``first`` to ``last - 1``, made in a thread beside the learning."""
    with ThreadPoolExecutor(1) as beside:
        coming: list[Future[T]] = []
        for step in range(first, last):
            while len(coming) < AHEAD and step + len(coming) < last:
                coming.append(beside.submit(make, step + len(coming)))
            yield coming.pop(0).result()


class Course:
    """One network on its way: its optimiser and plan, the running mean of its weights, and where it stands.

    ``beside`` is what learns with the network and is thrown away. Checkpoints lie in ``folder``; what was
    cut off goes on from the last one.
    """

    def __init__(
        self,
        network: nn.Module,
        mean: nn.Module,
        folder: Path,
        *,
        steps: int,
        rate: float,
        decay: float,
        warm: float,
        keep: float,
        beside: nn.Module | None = None,
    ) -> None:
        self.network, self.mean, self.steps = network, mean, steps
        groups = [{"params": network.parameters()}]
        if beside is not None:
            groups.append({"params": beside.parameters(), "weight_decay": 0.0})
        self._optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
        self._plan = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, rate, total_steps=steps, pct_start=warm, div_factor=20, final_div_factor=200
        )
        self._keep, self._last = keep, folder / "last.pt"
        self._parts: dict[str, Part] = {
            "network": network,
            "mean": mean,
            "optimiser": self._optimiser,
            "plan": self._plan,
        }
        if beside is not None:
            self._parts["loss"] = beside
        self.done = self._resume()
        self._began, self._told, self._since = time.monotonic(), dict[str, float](), 0

    def step(self, found: Mapping[str, Tensor]) -> None:
        """One step down the sum of these parts of the loss."""
        self._optimiser.zero_grad()
        torch.stack(list(found.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self._optimiser.step()
        self._plan.step()
        self.done += 1
        running_mean(self.mean, self.network, min(self._keep, self.done / (self.done + 10)))
        self._since += 1
        for name, part in found.items():
            self._told[name] = self._told.get(name, 0.0) + float(part.detach())

    def save(self) -> str:
        """Write a checkpoint, whole or not at all; how the parts of the loss were since the last one."""
        new = self._last.with_suffix(".new")
        torch.save({n: p.state_dict() for n, p in self._parts.items()} | {"step": self.done}, new)
        new.replace(self._last)
        parts = ", ".join(f"{name} {value / self._since:.3f}" for name, value in self._told.items())
        self._told, self._since = {}, 0
        return f"step {self.done} of {self.steps}, {time.monotonic() - self._began:.0f} s: {parts}"

    def _resume(self) -> int:
        if not self._last.is_file():
            self.mean.load_state_dict(self.network.state_dict())
            return 0
        kept = torch.load(self._last, weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(kept[name])
        return int(kept["step"])


def running_mean(mean: nn.Module, network: nn.Module, keep: float) -> None:
    """Moves ``mean`` towards ``network``; counters are taken over as they are."""
    ours = mean.state_dict()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                ours[name].lerp_(value, 1 - keep)
            else:
                ours[name].copy_(value)


def device() -> str:
    """A GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"
