"""Why a face search is lawful for this patient: a paper of its own, apart from the records."""

import asyncio
from functools import partial

from rich.text import Text
from textual.app import ComposeResult

from engine.api.case_schema import BoardCase
from engine.api.schema import GroundRecord
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from tui.forms.grounds import HANDED_OVER, NEEDS, asked_words, ground_words, has_ground
from tui.forms.paper import paper_digest
from tui.forms.trouble import Trouble
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.panes.lines import padded, wrapped
from tui.panes.told import ToldPane
from tui.screens.asking import Confirm
from tui.screens.form import FormScreen
from tui.station import Station
from tui.terminal.theme import TONES


class ConsentScreen(FormScreen):
    """Two blocks that no single key ever answers together: records and face search."""

    where = Where.CONSENT
    BINDINGS = bindings(where)

    def __init__(self, station: Station, case: BoardCase) -> None:
        super().__init__(station, case)
        self._words = ToldPane(self._lines, id="form-words")

    def body(self) -> ComposeResult:
        yield self.head
        yield self._words

    def on_mount(self) -> None:
        self.work(self.renew_case)

    def paint_form(self) -> None:
        self._words.repaint()

    def also_why_not(self, action_id: str) -> str:
        if action_id == "consent_withdraw" and not has_ground(self.case):
            return tr("no ground is recorded that could be withdrawn")
        if self.busy and action_id.startswith("consent_"):
            return tr("still at work: {what}", what=self.busy)
        return ""

    def do_scroll_form(self, step: str) -> None:
        self._words.scroll_relative(y=int(step), animate=False)

    # --- what is asked ------------------------------------------------------------------------------

    def do_consent_document(self) -> None:
        title = tr("The signed consent to face search: path of its scan, or its sha256")
        self.write("document", title, self._document, hint=tr("a path on this machine, or 64 hex digits"))

    def _document(self, written: str) -> None:
        self.work(partial(self._read_document, written))

    async def _read_document(self, written: str) -> None:
        with self.at_work(tr("reading the paper")):
            digest = await asyncio.to_thread(paper_digest, written)
        if isinstance(digest, Trouble):
            self.tell(str(digest), "alarm")
            return
        if not self.is_current:  # left meanwhile: nothing is asked above another screen
            return
        record = GroundRecord(kind=GroundKind.SEPARATE_CONSENT, document_sha256=digest)
        words = (
            tr("The patient has signed a paper that permits a face search, and this is its sha256:"),
            digest[:32],
            digest[32:],
            tr("The paper itself stays where it is. A consent to records is another paper, and is none."),
        )
        self._confirm(tr("Record the consent to face search?"), words, record, "document")

    def do_consent_law(self) -> None:
        title = tr("Id of the law that permits a face search without consent")
        self.write("law", title, self._law, hint=tr("an id of the list installed here"))

    def _law(self, written: str) -> None:
        record = GroundRecord(kind=GroundKind.LAW, law_id=written.strip())
        words = (tr("Only laws of the list installed here are taken: {law}", law=written.strip()),)
        self._confirm(tr("Record a law as the ground for face search?"), words, record, "law")

    def _confirm(self, title: str, words: tuple[str, ...], record: GroundRecord, draft: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.work(partial(self._record, record, draft))

        self.app.push_screen(Confirm(title, words), answered)

    async def _record(self, record: GroundRecord, draft: str) -> None:
        answer = self.station.engine.record_ground(self.case.case_id, record, version=self.case.version)
        if await self.ask(answer, tr("recording")) is None:
            return
        self.keep_draft(draft, "")
        await self.renew_case()
        self.tell(tr("✓ the ground for a face search is recorded"), "good")

    def do_consent_withdraw(self) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.work(self._withdraw)

        self.app.push_screen(
            Confirm(
                tr("Withdraw the ground of case {case}?", case=self.case.case_id),
                (
                    tr("Every face search of this case stops."),
                    tr("Destroyed at once, with their key, and in every backup:"),
                    tr("  photographs of the patient: {n}", n=self.case.stills),
                    tr("  all candidates with their pictures, and all answers about them"),
                    tr("The records stay. The same paper never counts again."),
                ),
                word=self.case.case_id,
            ),
            answered,
        )

    async def _withdraw(self) -> None:
        answer = self.station.engine.withdraw_ground(self.case.case_id, version=self.case.version)
        if await self.ask(answer, tr("withdrawing")) is None:
            return
        await self.renew_case()
        self.tell(tr("✓ the ground is withdrawn, and what came out of a face search is destroyed"), "good")

    # --- what is seen -------------------------------------------------------------------------------

    def _lines(self, width: int) -> list[Text]:
        lines = self.told_lines(width)
        if lines:
            lines.append(Text())
        for block in (self._records(), self._face_search()):
            for text in block:
                lines += wrapped(text, width, indent=4) if text.plain else [Text()]
        return lines

    def _records(self) -> list[Text]:
        block = [
            Text(tr("RECORDS"), style=TONES["strong"]),
            Text(tr("  by law (Act art. 18 and 76-2), no consent needed; other authorities hand over:")),
        ]
        for source in HANDED_OVER:
            words, tone = asked_words(self.case, source)
            said = Text(f"  {padded(tr(source), 9)}")
            said.append(words or tr("not asked for"), TONES[tone if words else "muted"])
            said.append(f"  {tr(NEEDS[source])}", TONES["muted"])
            block.append(said)
        own = ", ".join(tr(source) for source in Source if source not in HANDED_OVER)
        block.append(Text(tr("  {sources}: collected by the investigators", sources=own), TONES["muted"]))
        block.append(Text(tr("  it is noted under: requests to authorities of this case"), TONES["muted"]))
        return [*block, Text(), Text()]

    def _face_search(self) -> list[Text]:
        words, tone = ground_words(self.case.ground)
        keys = [
            ("d", tr("a separate consent, by its signed document")),
            ("l", tr("a law of the list installed here")),
        ]
        if has_ground(self.case):
            keys.append(("w", tr("withdraw: stops face search and destroys what came out of it")))
        block = [
            Text(tr("FACE SEARCH"), style=TONES["strong"]),
            Text(tr("  needs a separate consent of the patient, or an enumerated law")),
            Text(f"  {words}", style=TONES[tone]),
            Text(),
        ]
        for key, said in keys:
            block.append(Text.assemble("  ", (key, TONES["accent"] + TONES["strong"]), f"  {said}"))
        return block
