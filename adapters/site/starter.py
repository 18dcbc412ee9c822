"""A site to start from."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from engine.domain.errors import InputError

FILES = {
    "site.toml": """# Paths are relative to this file.
name = "New site"
profile = "rehearsal"
cameras = "cameras.toml"
places = "places.csv"
timezone = "Asia/Seoul"
rehearsal_statement = "rehearsal.toml"

[footage]
manifest = "footage.toml"

[footage.folder]
root = "footage"

[models.folder]
env = "TRACEDESK_MODELS"
""",
    "cameras.toml": """# clock.offset_s = device clock - true time in seconds; else the clock is unknown.

[[camera]]
camera_id = "cam1"
name = "Entrance"
fixed = true
lat = 37.5
lon = 126.8
place_id = "entrance"
hfov_deg = 70
range_m = 15
# clock = { offset_s = 0, sigma_s = 2, measured_at = TODAYT00:00:00Z, method = "how it was measured" }
""",
    "places.csv": """place_id,name,other_names,address,lat,lon,radius_m,kind,phone
entrance,Entrance,,1 Example Road,37.5,126.8,20,building,
""",
    "footage.toml": """# One block for each file in the footage folder; times by the clock of the device.
#
# [[segment]]
# camera = "cam1"
# file = "cam1-0900.mp4"
# start_device = 2026-03-02T00:00:00Z
# end_device = 2026-03-02T00:10:00Z
# sha256 = "..."
""",
    "rehearsal.toml": """# Only footage and stills listed here may be opened in a rehearsal.
said_by = "name of the person who says so"
said_on = TODAY
statement = "Everyone shown is invented or has agreed to be shown."
files = []
""",
}


def write_starter(folder: Path, today: date) -> Iterator[Path]:
    """Write the files of a new site; yields each path. Raises InputError where the folder is in use."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise InputError("is not empty", file=str(folder), mend="name a new folder")
        (folder / "footage").mkdir(parents=True, exist_ok=True)
        for name, content in FILES.items():
            path = folder / name
            path.write_text(content.replace("TODAY", today.isoformat()), encoding="utf-8")
            yield path
    except OSError as problem:
        why = (problem.strerror or "cannot be written").lower()
        raise InputError(why, file=str(folder), mend="name a new folder that you may write to") from None
