"""Whether a model file can be used, as its kind asks: hash, load, shape, one run."""

from adapters.face.embedder import Embedder
from adapters.face.model import MASKS
from adapters.face.yunet import YuNet
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor

FAMILIES = {"yunet": YuNet, "template": Embedder, **MASKS}


def load(descriptor: ModelDescriptor) -> None:
    """Load a model once as its family and forget it. Raises InputError where it cannot be used."""
    family = FAMILIES.get(descriptor.family)
    if family is None:
        raise InputError(
            f"there is no family called {descriptor.family}",
            file=f"{descriptor.name}.toml",
            place="family",
            mend=f"known are {', '.join(FAMILIES)}",
        )
    family(descriptor)
