"""Columns that fit, in cells and not in characters."""

from rich.text import Text

from tui.panes.table import Column, Table


class Names(Table[str]):
    def __init__(self) -> None:
        super().__init__(
            (
                Column(title="name", cells=6, say=lambda row: Text(row)),
                Column(title="wide only", cells=9, least=30, say=lambda row: Text(row.upper())),
                Column(title="rest", cells=4, say=lambda row: Text(f"{row}!", style="bold")),
            )
        )

    def key(self, row: str) -> str:
        return row


def test_a_column_is_left_out_where_there_is_no_room_for_it() -> None:
    assert Names().line("ab", 40).plain == "ab     AB        ab!"
    assert Names().line("ab", 20).plain == "ab     ab!"
    assert Names().titles(21).plain == " name   rest"


def test_letters_of_two_cells_keep_the_columns_in_line() -> None:
    korean = Names().line("한국어입니다", 20)
    assert korean.plain.startswith("한국 … ") and korean[:5].cell_len == 7


def test_a_cell_keeps_its_style_and_the_last_takes_what_is_left() -> None:
    line = Names().line("abcdefgh", 12)
    assert line.plain == "abcde… abcd…" and line.cell_len == 12
    assert "bold" in {str(span.style) for span in line.spans}
