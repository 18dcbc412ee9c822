"""The rules by which the screens look, read once: Textual reads all of them anew with every screen that opens
for the first time, with every change of colours, and in every desk of a process."""

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

_Key = tuple[frozenset[tuple[str, str]], str, CSSLocation, bool, int, str]
# What was read is never changed afterwards. The desk has about 40 sources under each of its 4 themes.
_READ: LRUCache[_Key, list[RuleSet]] = LRUCache(512)


class ReadOnce(Stylesheet):
    """Rules by their text and the colours they are read with."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._colours = frozenset((variables or {}).items())

    def set_variables(self, variables: dict[str, str]) -> None:
        super().set_variables(variables)
        self._colours = frozenset(variables.items())

    def _parse_rules(
        self,
        css: str,
        read_from: CSSLocation,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        key = (self._colours, css, read_from, is_default_rules, tie_breaker, scope)
        rules = _READ.get(key)
        if rules is None:
            rules = super()._parse_rules(css, read_from, is_default_rules, tie_breaker, scope)
            _READ[key] = rules
        return rules

    def reparse(self) -> None:
        """As Textual's, whose second stylesheet would not know what was read. Rules in which there is a
        mistake are never taken over here either."""
        self.parse()
