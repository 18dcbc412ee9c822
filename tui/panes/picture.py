"""One picture in half cells."""

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from engine.api.schema import Picture
from tui.language.catalogue import tr
from tui.panes.halfcell import Image, decoded, in_four_greys, resized, rows_of
from tui.panes.scale import FACE_SHARE, Drawn, drawn_size, is_whole


class PictureBox(Widget, can_focus=False):
    """Shows one picture, or says in a word why not."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str, missing: str = "no picture") -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._image: Image | None = None
        self._waiting = missing
        self._rows: list[list[Segment]] = []
        self._drawn = Drawn(0, 0, 0.0)

    @property
    def picture(self) -> Picture | None:
        return self._picture

    def show(self, picture: Picture | None, missing: str = "no picture") -> None:
        """Draws only what differs: a face is many bytes on a slow line."""
        if picture == self._picture and (picture is not None or missing == self._waiting):
            return
        self._picture, self._waiting = picture, missing
        self._image = None if picture is None else decoded(picture.jpeg)
        self._draw()

    def face_height_px(self, picture: Picture | None = None) -> float:
        """How high the face of ``picture`` stands, or would stand, in this box; pixels of the screen.

        Before any picture is known, that of a square still: the real ones are narrower than high, so
        this never claims too much.
        """
        columns, rows = self.content_size
        if picture is None:
            return FACE_SHARE * drawn_size(160, 160, columns, rows, whole=False).height
        drawn = drawn_size(picture.width, picture.height, columns, rows, whole=is_whole(picture))
        return picture.face_px * drawn.scale

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        self._rows = []
        self._drawn = Drawn(0, 0, 0.0)
        columns, rows = self.content_size
        if self._image is not None and self._picture is not None:
            height, width = self._image.shape[:2]
            self._drawn = drawn_size(width, height, columns, rows, whole=is_whole(self._picture))
            if self._drawn.height >= 2:
                self._rows = rows_of(self._cut(self._image, columns))
        self.refresh()

    def _cut(self, image: Image, columns: int) -> Image:
        full_width = max(1, round(image.shape[1] * self._drawn.scale))
        small = resized(image, full_width, self._drawn.height)
        spare = max(0, full_width - columns) // 2
        small = small[:, spare : spare + self._drawn.width]
        return in_four_greys(small) if self.app.native_ansi_color else small

    def render_line(self, y: int) -> Strip:
        (columns, rows), ground = self.content_size, self.rich_style
        top = (rows - len(self._rows)) // 2
        if self._rows and top <= y < top + len(self._rows):
            before = Segment(" " * ((columns - self._drawn.width) // 2), ground)
            return Strip([before, *self._rows[y - top]]).adjust_cell_length(columns, ground)
        if self._rows or y != rows // 2:
            return Strip.blank(columns, ground)
        word = Text(tr(self._waiting) if self._picture is None else tr("unreadable picture"))
        word.truncate(columns)
        left = Segment(" " * ((columns - word.cell_len) // 2), ground)
        return Strip([left, Segment(word.plain, ground)]).adjust_cell_length(columns, ground)
