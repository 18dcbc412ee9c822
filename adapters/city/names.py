"""Invented names, Korean and romanised. No street, shop or person of the world is meant."""

CITY = ("Gaon", "가온")
DISTRICTS = (
    ("Narae", "나래"), ("Onsaem", "온샘"), ("Saebyeol", "새별"), ("Haneul", "하늘"), ("Mirae", "미래"),
    ("Solbit", "솔빛"), ("Dalbit", "달빛"), ("Garam", "가람"), ("Nuri", "누리"), ("Areum", "아름"),
    ("Byeolbit", "별빛"), ("Haemaru", "해마루"), ("Sanmaru", "산마루"), ("Eunha", "은하"), ("Dasom", "다솜"),
    ("Yeoul", "여울"), ("Barami", "바라미"), ("Chorok", "초록"), ("Haean", "해안"), ("Deulkkot", "들꽃"),
)  # fmt: skip
STEMS = (
    ("Haetsal", "햇살"), ("Noeul", "노을"), ("Bomnal", "봄날"), ("Gureum", "구름"), ("Dallae", "달래"),
    ("Podo", "포도"), ("Maru", "마루"), ("Isul", "이슬"), ("Nabi", "나비"), ("Dandelion", "민들레"),
    ("Soban", "소반"), ("Jandi", "잔디"), ("Moru", "모루"), ("Deulgil", "들길"), ("Somang", "소망"),
    ("Hwanggeum", "황금"), ("Eunhaeng", "은행나무"), ("Sonamu", "소나무"), ("Maehwa", "매화"),
    ("Jindallae", "진달래"),
    ("Kkoma", "꼬마"), ("Hanmadang", "한마당"), ("Saesol", "새솔"), ("Ieum", "이음"), ("Onnuri", "온누리"),
    ("Dodam", "도담"), ("Gaeul", "가을"), ("Yeoreum", "여름"), ("Gyeoul", "겨울숲"), ("Badaro", "바다로"),
    ("Sandeul", "산들"), ("Mulgyeol", "물결"), ("Sesam", "참깨"), ("Horangi", "호랑이"), ("Geobuk", "거북"),
    ("Jebi", "제비"), ("Ttangkong", "땅콩"), ("Hobak", "호박"), ("Goguma", "고구마"), ("Mandu", "만두방"),
    ("Chamsae", "참새"), ("Dotori", "도토리"), ("Salgu", "살구"), ("Aengdu", "앵두"), ("Gamja", "감자"),
    ("Ssuk", "쑥"), ("Naengi", "냉이"), ("Boribat", "보리밭"), ("Daraengi", "다랭이"), ("Ondol", "온돌"),
)  # fmt: skip
