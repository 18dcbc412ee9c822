import hashlib

import cv2
import numpy as np
import pytest

from adapters.face.photo import MAX_SIDE_PX, cut_off, decode_photo
from engine.domain.errors import InputError

PICTURE = np.random.default_rng(2).integers(0, 255, (80, 100, 3), dtype=np.uint8)


def encoded(form: str, image: np.ndarray = PICTURE) -> bytes:
    return bytes(cv2.imencode(form, image)[1].tobytes())


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        decode_photo(content, "face.png")
    assert caught.value.file == "face.png"
    assert caught.value.mend
    return caught.value.problem


@pytest.mark.parametrize("form", [".png", ".jpg"])
def test_a_photograph_is_decoded_with_the_digest_of_its_bytes(form: str) -> None:
    content = encoded(form)
    digest, image = decode_photo(content, "face.png")
    assert digest == hashlib.sha256(content).hexdigest()
    assert image.shape == (80, 100, 3)
    assert form == ".jpg" or (image == PICTURE).all()


@pytest.mark.parametrize("form", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_photograph_without_its_end_is_never_filled_with_grey(form: str, share: float) -> None:
    content = encoded(form)
    assert refusal(content[: int(len(content) * share)]) == "is cut off before its end"


def test_bytes_after_the_end_of_a_photograph_do_no_harm() -> None:
    """Cameras and messengers add their own."""
    assert decode_photo(encoded(".jpg") + b"maker note", "face.jpg")[1].shape == (80, 100, 3)
    assert not cut_off(encoded(".png") + bytes(10))


def test_a_thumbnail_does_not_stand_for_the_end_of_the_photograph() -> None:
    whole, small = encoded(".jpg"), encoded(".jpg", PICTURE[:16, :16])
    exif = b"\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small
    with_thumbnail = whole[:2] + exif + whole[2:]
    assert not cut_off(with_thumbnail)
    assert cut_off(with_thumbnail[:-500])


def test_a_chunk_that_asks_for_gigabytes_is_refused_before_it_is_decoded() -> None:
    content = bytearray(encoded(".png"))
    content[33:37] = (0x7FFFFFFF).to_bytes(4, "big")
    assert refusal(bytes(content)) == "is cut off before its end"


@pytest.mark.parametrize("content", [b"", b"text", encoded(".bmp"), encoded(".tiff"), b"GIF89a" + bytes(50)])
def test_only_jpeg_and_png_reach_a_decoder(content: bytes) -> None:
    assert refusal(content) == "cannot be read as a picture"


def test_a_photograph_of_no_sensible_size_is_refused() -> None:
    assert refusal(encoded(".png", PICTURE[:20, :20])) == "is 20x20 pixels"
    assert refusal(encoded(".png", np.zeros((64, MAX_SIDE_PX + 1, 3), np.uint8))) == "is 10001x64 pixels"
