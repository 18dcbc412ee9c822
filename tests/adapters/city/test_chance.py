import numpy as np

from adapters.city.chance import stream


def test_the_same_part_of_the_same_city_draws_the_same() -> None:
    np.testing.assert_array_equal(stream(7, "streets").random(5), stream(7, "streets").random(5))


def test_parts_cities_and_numbers_within_a_part_draw_each_their_own() -> None:
    drawn = [
        tuple(stream(seed, *path).random(4))
        for seed in (7, 8, 9, 107)
        for path in (("streets",), ("places",), ("records", 1), ("records", 2), ("passes", 1))
    ]
    assert len(set(drawn)) == len(drawn)


def test_what_one_part_draws_moves_no_other() -> None:
    before = stream(7, "places").random(3)
    stream(7, "streets").random(1_000)
    np.testing.assert_array_equal(stream(7, "places").random(3), before)


def test_two_parts_are_not_alike_in_shape() -> None:
    one, other = stream(7, "records", 1).random(4_000), stream(7, "records", 2).random(4_000)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.08
