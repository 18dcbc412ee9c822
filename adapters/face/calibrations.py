"""Calibrations as TOML: those shipped, by the embedder they belong to, and how one is written."""

import json
import tomllib
from importlib import resources
from pathlib import Path

import msgspec

from adapters.settings import load_toml
from engine.domain.model import Calibration


def load_calibrations(folder: Path | None = None, kind: str = "") -> dict[str, Calibration]:
    """Calibrations by sha256 of the embedder file: those shipped, then ``NAME.calibration`` files
    of a folder, which win (a house may measure on its own cameras).

    ``kind`` is that of the site's settings: "" for those fitted on photographs of people, "rendered"
    for those fitted on rendered heads, never both. Raises InputError for a file of the folder that
    cannot be read.
    """
    found: dict[str, Calibration] = {}
    shipped = resources.files("configs") / "calibration"
    for entry in (shipped / kind if kind else shipped).iterdir():
        if entry.name.endswith(".toml"):
            calibration = msgspec.convert(tomllib.loads(entry.read_text("utf-8")), Calibration)
            found[calibration.embedder_sha256] = calibration
    for path in sorted(folder.glob("*.calibration")) if folder is not None else ():
        own: Calibration = load_toml(path, Calibration)
        found[own.embedder_sha256] = own
    return found


def as_toml(calibration: Calibration) -> str:
    """A calibration as TOML text that ``load_calibrations`` reads back to the same value."""
    lines = [
        f"name = {text(calibration.name)}",
        f"embedder_sha256 = {text(calibration.embedder_sha256)}",
        f"provenance = {text(calibration.provenance)}",
        f"floor_inter_eye_px = {calibration.floor_inter_eye_px!r}",
        f"floor_blur = {calibration.floor_blur!r}",
        f"max_yaw_deg = {calibration.max_yaw_deg!r}",
        *(["rendered = true"] if calibration.rendered else []),
    ]
    for band in calibration.bands:
        lines += ["", "[[bands]]", f"pair = {text(band.pair)}"]
        for key in ("inter_eye_from_px", "intercept", "slope", "lower", "upper", "mated", "non_mated"):
            lines.append(f"{key} = {getattr(band, key)!r}")
    lines += ["", "[figures]"]
    lines += [f"{text(key)} = {value!r}" for key, value in calibration.figures.items()]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """A TOML basic string; TOML and JSON agree on it."""
    return json.dumps(value, ensure_ascii=False)
