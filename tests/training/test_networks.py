"""Both networks: size, what they answer, that they learn, and that their files answer the same."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the training extra")
pytest.importorskip("onnx")

from adapters.face.session import DEMO  # noqa: E402
from training import export  # noqa: E402
from training.detector import STRIDES, Detector, output_names  # noqa: E402
from training.embedder import Embedder, as_input, parameters  # noqa: E402
from training.loop import Course, ahead, running_mean  # noqa: E402
from training.scenes import SIDE_PX, Scene  # noqa: E402
from training.targets import FACE, MAYBE, NOTHING, corners, loss, targets  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def test_they_are_as_small_as_they_are_said_to_be() -> None:
    assert parameters(Embedder()) <= 400_000
    assert parameters(Detector()) <= 60_000


def test_what_is_exported_answers_as_the_network_does(tmp_path: Path) -> None:
    r = np.random.default_rng(0)
    embedder, detector = Embedder(), Detector()
    for network in (embedder, detector):  # as if learnt: statistics that are not 0 and 1
        network.train()
    embedder(torch.randn(8, 3, 112, 112))
    detector(torch.rand(4, 3, 64, 64) * 255)
    export.export_embedder(embedder, tmp_path / "e.onnx")
    export.export_detector(detector, tmp_path / "d.onnx")
    for count in (1, 5):
        crops = r.uniform(-1, 1, (count, 3, 112, 112)).astype(np.float32)
        assert export.difference(embedder, tmp_path / "e.onnx", crops) < export.PARITY
    for shape in ((1, 3, 32, 64), (3, 3, 96, 160)):
        images = r.uniform(0, 255, shape).astype(np.float32)
        assert export.difference(export.folded(detector), tmp_path / "d.onnx", images) < export.PARITY
        with torch.no_grad():  # and folding changed nothing
            own = detector.eval()(torch.from_numpy(images))
            folded = export.folded(detector).eval()(torch.from_numpy(images))
        assert max(float((a - b).abs().max()) for a, b in zip(own, folded, strict=True)) < 1e-3


def test_the_files_say_what_they_learnt_from(tmp_path: Path) -> None:
    import onnxruntime

    export.export_embedder(Embedder(), tmp_path / "e.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "e.onnx"))
    assert "invented people" in session.get_modelmeta().custom_metadata_map[DEMO]


def test_the_detector_answers_in_the_order_of_its_names() -> None:
    answers = Detector().eval()(torch.zeros(1, 3, 64, 96))
    for name, answer in zip(output_names(), answers, strict=True):
        _, stride = name.rsplit("_", 1)
        assert answer.shape[1] == (64 // int(stride)) * (96 // int(stride))


def a_scene(*boxes: tuple[float, float, float, float], asked: bool = True) -> Scene:
    count = len(boxes)
    found = np.array(boxes, np.float32).reshape(count, 4)
    marks = np.repeat(found.reshape(count, 2, 2).mean(axis=1)[:, None], 5, axis=1)
    return Scene(
        np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8),
        found,
        marks,
        np.ones(count, np.bool_),
        np.full(count, asked, np.bool_),
    )


@pytest.mark.parametrize(("side", "stride"), [(16, 8), (60, 16), (200, 32)])
def test_a_face_is_answered_for_at_the_stride_of_its_size(side: int, stride: int) -> None:
    box = (40.0, 40.0, 40.0 + side, 40.0 + side)
    for maps, at in zip(targets([a_scene(box)]), STRIDES, strict=True):
        cells = np.argwhere(maps[0, 0] == FACE)
        assert bool(len(cells)) is (at == stride)
        for row, column in cells:
            left, top, right, bottom = maps[0, 2:6, row, column] * at
            corner = (left + column * at, top + row * at, right + column * at, bottom + row * at)
            assert corner == pytest.approx(box)


def test_parts_of_a_large_face_are_no_faces() -> None:
    (small, *_) = targets([a_scene((40, 40, 240, 240))])
    assert (small[0, 0] == NOTHING).all()


def test_a_face_that_is_not_asked_for_is_held_against_nobody() -> None:
    (maps, *_) = targets([a_scene((40, 40, 56, 56), asked=False)])
    assert not (maps[0, 0] == FACE).any()
    assert maps[0, 0, 6, 6] == MAYBE
    assert maps[0, 0, 30, 30] == NOTHING


def test_corners_are_what_the_decoder_of_yunet_reads() -> None:
    answer = torch.tensor([[0.5, -0.25, np.log(2.0), np.log(3.0)]])
    assert corners(answer)[0].tolist() == pytest.approx([-0.5, -1.75, 1.5, 1.25])


def test_the_detector_learns_a_scene_by_heart() -> None:
    r = np.random.default_rng(0)
    picture = np.full((SIDE_PX, SIDE_PX, 3), 90, np.uint8)
    picture[100:140, 60:100] = r.integers(0, 255, (40, 40, 3))
    scene = a_scene((60, 100, 100, 140))
    asked = [torch.from_numpy(a) for a in targets([scene])]
    image = torch.from_numpy(picture[None]).permute(0, 3, 1, 2).float()
    network = Detector().train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    totals = []
    for _ in range(25):
        found = torch.stack(list(loss(network.maps(image), asked).values())).sum()
        optimiser.zero_grad()
        found.backward()
        optimiser.step()
        totals.append(float(found.detach()))
    assert totals[-1] < 0.5 * totals[0]


def test_batches_come_in_order_and_each_once() -> None:
    assert list(ahead(lambda step: step * step, 3, 12)) == [n * n for n in range(3, 12)]


def test_what_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def course() -> Course:
        torch.manual_seed(1)
        network, mean = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)
        return Course(network, mean, tmp_path, steps=10, rate=0.1, decay=0.0, warm=0.3, keep=0.9)

    def step(going: Course, number: int) -> None:
        x = torch.from_numpy(np.random.default_rng(number).normal(size=(8, 4)).astype(np.float32))
        going.step({"size": going.network(x).square().mean()})

    whole = course()
    for number in range(6):
        step(whole, number)
    cut = course()
    for number in range(3):
        step(cut, number)
    told = cut.save()
    assert told.startswith("step 3 of 10")
    again = course()
    assert again.done == 3
    for number in range(3, 6):
        step(again, number)
    for ours, theirs in zip(whole.mean.parameters(), again.mean.parameters(), strict=True):
        assert torch.allclose(ours, theirs)


def test_the_running_mean_goes_the_given_share_of_the_way() -> None:
    mean, network = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    with torch.no_grad():
        mean.weight.fill_(0.0)
        network.weight.fill_(1.0)
    running_mean(mean, network, 0.75)
    assert float(mean.weight) == pytest.approx(0.25)


def test_crops_reach_the_network_as_its_descriptor_says() -> None:
    crops = np.zeros((1, 112, 112, 3), np.uint8)
    crops[..., 0] = 255  # blue
    blob = as_input(torch.from_numpy(crops))
    assert blob.shape == (1, 3, 112, 112)
    assert blob[0, :, 5, 5].tolist() == [-1.0, -1.0, 1.0]
