"""The table of requester by source: by way of whom a house gets what it asks for (G2)."""

from enum import StrEnum

from engine.domain.value import Value

DIRECT = "direct"


class Level(StrEnum):
    """On which level of government the house stands."""

    BASIC = "basic"
    PROVINCE = "province"
    NATIONAL = "national"


class SourceRule(Value, frozen=True, kw_only=True):
    """By way of which authority each level gets a source; ``direct`` where it asks by itself."""

    source: str
    basic: str
    province: str
    national: str

    def authority_for(self, level: Level) -> str:
        return {Level.BASIC: self.basic, Level.PROVINCE: self.province, Level.NATIONAL: self.national}[level]
