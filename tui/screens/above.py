"""What lies over a full screen, which goes on to be seen around it as it is."""

from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import ModalScreen, ScreenResultType
from textual.strip import Strip

from tui.screens.once import Once


class Above(Once[ScreenResultType], ModalScreen[ScreenResultType], inherit_bindings=False):
    """Nothing beneath is dimmed: the faces there would go over the line twice. Textual would also draw all
    that is beneath anew for every line of it that changes; here only those lines are."""

    def render_lines(self, crop: Region) -> list[Strip]:
        try:
            beneath = visible_screen_stack.get().pop()
        except LookupError:
            return super().render_lines(crop)
        wanted = range(crop.y, crop.bottom)
        lines = beneath._compositor._render_chops(crop, wanted.__contains__)[crop.y : crop.bottom]
        # what is beneath is narrower for a moment than a window that grew
        whole = (Strip.join(line.values()).adjust_cell_length(crop.right) for line in lines)
        strips = [strip.crop(crop.x, crop.right) for strip in whole]
        return strips + [Strip.blank(crop.width)] * (crop.height - len(strips))
