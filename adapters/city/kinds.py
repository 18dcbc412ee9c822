"""What kinds of places there are, how many of each a district has, and how people behave there."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    HOME = 0
    OFFICE = 1
    SCHOOL = 2
    ACADEMY = 3
    MARKET = 4
    STORE = 5
    CAFE = 6
    RESTAURANT = 7
    BAKERY = 8
    PHARMACY = 9
    CLINIC = 10
    BANK = 11
    GYM = 12
    SALON = 13
    LIBRARY = 14
    CHURCH = 15
    GAMES = 16
    STATION = 17
    STOP = 18


@dataclass(frozen=True, slots=True)
class About:
    """``count`` in a district; floor in metres; ``masked`` is the share of people who keep a mask on
    there when they wear one at all. ``card``: people pay there. ``log``: visitors register."""

    english: str
    korean: str
    count: int
    width_m: float
    depth_m: float
    masked: float
    card: bool = False
    log: bool = False
    door_camera: float = 0.0
    till_camera: float = 0.0


ABOUT: dict[Kind, About] = {
    Kind.HOME: About("Apartments", "아파트", 14, 40, 12, 0.0, door_camera=0.10),
    Kind.OFFICE: About("Works", "사업소", 8, 24, 16, 0.45, log=True, door_camera=0.30),
    Kind.SCHOOL: About("School", "학교", 1, 40, 30, 0.8, log=True, door_camera=0.5),
    Kind.ACADEMY: About("Academy", "학원", 3, 12, 10, 0.7, card=True, log=True, door_camera=0.3),
    Kind.MARKET: About("Market", "시장", 1, 60, 30, 0.9, card=True, door_camera=1.0, till_camera=1.0),
    Kind.STORE: About("Mart", "마트", 5, 12, 10, 0.95, card=True, till_camera=0.6),
    Kind.CAFE: About("Cafe", "카페", 6, 12, 9, 0.25, card=True, log=True, till_camera=0.5, door_camera=0.2),
    Kind.RESTAURANT: About("Kitchen", "식당", 8, 14, 10, 0.1, card=True, log=True, door_camera=0.4),
    Kind.BAKERY: About("Bakery", "제과", 2, 8, 7, 0.95, card=True, till_camera=0.7),
    Kind.PHARMACY: About("Pharmacy", "약국", 2, 8, 6, 0.97, card=True, till_camera=0.7),
    Kind.CLINIC: About("Clinic", "의원", 2, 14, 10, 0.95, card=True, log=True, door_camera=0.5),
    Kind.BANK: About("Bank", "은행", 1, 14, 10, 0.9, door_camera=1.0),
    Kind.GYM: About("Gym", "헬스장", 2, 18, 12, 0.4, log=True, door_camera=0.5),
    Kind.SALON: About("Hair", "미용실", 2, 9, 7, 0.7, card=True, till_camera=0.4),
    Kind.LIBRARY: About("Library", "도서관", 1, 26, 18, 0.85, log=True, door_camera=1.0),
    Kind.CHURCH: About("Church", "교회", 1, 24, 18, 0.8, log=True, door_camera=0.3),
    Kind.GAMES: About("Games", "게임방", 2, 14, 10, 0.5, card=True, log=True, door_camera=0.5),
    Kind.STATION: About("Station", "역", 1, 40, 20, 0.9, door_camera=1.0, till_camera=1.0),
    Kind.STOP: About("Stop", "정류장", 6, 8, 3, 0.8, door_camera=0.2),
}
WORKPLACES = tuple(k for k in Kind if k not in (Kind.HOME, Kind.STOP, Kind.STATION))
