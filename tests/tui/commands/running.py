"""Plain commands run against an engine in memory behind a real socket."""

import asyncio

from click.testing import Result
from typer.testing import CliRunner

from tests.engine.api.conftest import House
from tui.cli import app


class Commands:
    """Commands in a thread, while the engine answers in this one."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def run(self, *words: str, typed: str = "") -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke,
            app,
            [*words, "--socket", str(self.house.socket)],
            input=typed,
            env={"COLUMNS": "240"},
        )

    async def says(self, *words: str, typed: str = "") -> list[str]:
        outcome = await self.run(*words, typed=typed)
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout.splitlines()

    async def refuses(self, *words: str, typed: str = "") -> str:
        outcome = await self.run(*words, typed=typed)
        assert outcome.exit_code == 2, outcome.output
        assert outcome.stdout == ""
        return outcome.stderr
