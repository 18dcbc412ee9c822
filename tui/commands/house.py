"""The house in plain lines: cameras that need somebody, ways in, disk, keys, witness, models."""

from engine.api.site_schema import CameraState, House
from tui.commands.connect import minute, say, table

GIB = 2**30
LITTLE_DISK = 0.1  # of the volume: where the data lies, a full disk stops everything


def show_house(house: House) -> bool:
    """Print it; True where nothing here needs anybody."""
    off = [camera for camera in house.cameras if camera.state != "ok"]
    say(f"cameras: {house.cameras_ok} of {house.cameras_total} ok")
    if off:
        rows = [(c.camera_id, c.name, c.state, _why(c)) for c in off]
        table(("camera", "name", "state", "because"), rows, "")
    if (more := house.cameras_total - house.cameras_ok - len(off)) > 0:
        say(f"and {more} more that are not ok")
    for source in house.sources:
        say(f"{source.name}: {source.state}" + (f", {source.because}" if source.because else ""))
    if house.disk_total:
        say(f"disk: {house.disk_free / GIB:.1f} of {house.disk_total / GIB:.1f} GiB free")
    if house.keys_due is not None:
        say(f"keys due to be destroyed: {house.keys_due}, cases overdue: {house.keys_overdue or 0}")
    if house.witness:
        say(f"witness: {house.witness}")
    say(f"models: {', '.join(house.models) or 'none'}")
    return not (
        off
        or more > 0
        or any(source.state not in ("ok", "closed") for source in house.sources)
        or house.disk_free < LITTLE_DISK * house.disk_total
        or house.keys_overdue
        or house.witness not in ("", "ok")
    )


def _why(camera: CameraState) -> str:
    if camera.state == "silent":
        return f"no footage since {minute(camera.last_footage)}" if camera.last_footage else "no footage"
    if camera.state == "skewed":
        return f"its clock is {camera.offset_s:+.0f} s off"
    return "nobody measured its clock"
