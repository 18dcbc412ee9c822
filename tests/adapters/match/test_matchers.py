import numpy as np
import pytest

from adapters.match.exact import ExactMatcher
from adapters.match.reference import NumpyMatcher
from engine.ports import Matcher

MATCHERS = [ExactMatcher(), NumpyMatcher()]


def templates(n: int, dimensions: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("matcher", MATCHERS, ids=["exact", "reference"])
class TestEveryMatcher:
    @pytest.mark.parametrize("probes", [1, 2, 7, 500])
    @pytest.mark.parametrize("subjects", [1, 2, 10, 40])
    def test_gives_every_cosine_in_place(self, matcher: Matcher, probes: int, subjects: int) -> None:
        p, s = templates(probes, 128, 1), templates(subjects, 128, 2)
        expected = np.array([[float(np.dot(a, b)) for b in s] for a in p])
        scores = matcher.cosines(p, s)
        assert scores.shape == (probes, subjects)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, expected, atol=2e-6)

    def test_finds_a_template_again_among_equal_and_opposite_ones(self, matcher: Matcher) -> None:
        s = templates(3, 512, 3)
        s = np.concatenate([s, s, -s])
        np.testing.assert_allclose(matcher.cosines(s[:1], s)[0, [0, 3, 6]], [1, 1, -1], atol=1e-6)

    def test_answers_nothing_to_nothing(self, matcher: Matcher) -> None:
        some, none = templates(3, 8, 4), np.empty((0, 8), np.float32)
        assert matcher.cosines(none, some).shape == (0, 3)
        assert matcher.cosines(some, none).shape == (3, 0)

    def test_refuses_templates_of_different_models(self, matcher: Matcher) -> None:
        with pytest.raises(ValueError, match="do not compare"):
            matcher.cosines(templates(1, 128, 1), templates(1, 512, 1))

    def test_takes_rows_that_do_not_lie_together_in_memory(self, matcher: Matcher) -> None:
        wide = templates(6, 64, 5)
        np.testing.assert_allclose(
            matcher.cosines(wide[::2], wide[1::2]), wide[::2] @ wide[1::2].T, atol=2e-6
        )

    def test_keeps_nothing(self, matcher: Matcher) -> None:
        before = dict(vars(matcher))
        matcher.cosines(templates(4, 16, 1), templates(2, 16, 2))
        assert vars(matcher) == before == {}
