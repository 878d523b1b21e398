"""Photos lose everything but their picture, at once by bytes and later by being encoded anew."""

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, text

from surveys import media, photo_bytes
from surveys.answer_problems import FileNotTaken
from surveys.xlsforms import PHOTO_PIXELS
from tests.surveys import photos

FORMATS = [
    photos.jpeg(1),
    photos.jpeg(6),
    photos.jpeg(8, progressive=True),
    photos.png(),
    photos.webp(),
]


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@pytest.mark.parametrize("data", FORMATS)
def test_bytes_are_bared_without_touching_the_picture(data: bytes) -> None:
    assert photos.SECRET in data
    bare = photo_bytes.bare(data)
    assert photos.SECRET not in bare.data
    assert not photo_bytes.hides_something(bare.data)
    assert pixels(bare.data) == pixels(data)
    shown = Image.open(io.BytesIO(bare.data))
    assert not shown.getexif()
    assert {"exif", "xmp", "icc_profile", "comment", "Location"}.isdisjoint(shown.info)


def test_a_thumbnail_in_the_head_of_a_photo_is_cut() -> None:
    plain = photo_bytes.bare(photos.jpeg(1)).data
    end = 4 + int.from_bytes(plain[4:6])
    assert plain[2:4] == b"\xff\xe0"
    # Two by two pixels of three bytes; and the extension that holds a whole JPEG.
    with_pixels = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x02\x02" + photos.SECRET
    extension = b"JFXX\x00\x10\xff\xd8" + photos.SECRET + b"\xff\xd9"
    head = b"".join(b"\xff\xe0" + (len(part) + 2).to_bytes(2) + part for part in (with_pixels, extension))
    data = plain[:2] + head + plain[end:]
    bare = photo_bytes.bare(data).data
    assert photos.SECRET not in bare
    assert pixels(bare) == pixels(data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_which_way_is_up_is_kept(orientation: int) -> None:
    assert photo_bytes.bare(photos.jpeg(orientation)).orientation == orientation


def test_what_a_phone_appends_after_the_picture_is_cut() -> None:
    data = photos.jpeg(1)
    assert data.endswith(photos.SECRET)
    assert photo_bytes.bare(data).data.endswith(b"\xff\xd9")


@pytest.mark.parametrize("data", FORMATS)
def test_a_torn_photo_is_never_half_taken(data: bytes) -> None:
    for at in range(3, len(data) - 20, max(1, len(data) // 97)):
        try:
            taken = media.take("photo.jpg", data[:at])
        except FileNotTaken:
            continue
        assert photos.SECRET not in taken.data


def test_random_bytes_behind_a_header_are_kept_but_never_shown() -> None:
    data = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(1, 250)) * 40
    taken = media.take("photo.jpg", data)
    assert (taken.state, taken.media_type, taken.data) == ("received", "image/jpeg", data)


def test_documents_are_taken_programs_are_not() -> None:
    assert media.take("a.pdf", b"%PDF-1.7 x").state == "clean"
    assert media.take("a.txt", "Danh mục thôn".encode()).media_type == "text/plain"
    for data in (b"MZ\x90\x00", b"\x7fELF", b"GIF89a\x01\x00", b"II*\x00Exif", b"\x00\x00\x00\x18ftypheic"):
        with pytest.raises(FileNotTaken):
            media.take("a.bin", data)


def test_twenty_writers_of_the_same_file_leave_one(tmp_path: Path) -> None:
    taken = media.take("photo.jpg", photos.jpeg())
    threads = [threading.Thread(target=media.keep, args=(tmp_path, [taken])) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [media.path(tmp_path, taken.sha256.hex())]
    assert media.path(tmp_path, taken.sha256.hex()).read_bytes() == taken.data


@pytest.fixture
def received(worker: Engine, tmp_path: Path) -> Iterator[dict[str, media.Taken]]:
    """A submission with photos on disk under tmp_path: name → as taken."""
    taken = {
        "turned.jpg": media.take("turned.jpg", photos.jpeg(6, size=(4000, 1000))),
        "flat.png": media.take("flat.png", photos.png()),
        "broken.jpg": media.take("broken.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x07" * 900),
    }
    media.keep(tmp_path, taken.values())
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM attachments"))
        connection.execute(
            text(
                "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, sha256_received,"
                " sha256_kept, xml, code, state) VALUES ('uuid:media', 'x', '1', 1, 1, '', '', '<x/>', 'x', 'applied')"
            )
        )
        for name, file in taken.items():
            connection.execute(
                text(
                    "INSERT INTO attachments (instance_id, name, sha256_received, sha256_kept, media_type, bytes,"
                    " orientation, province_id) VALUES ('uuid:media', :n, '', :h, :t, :b, :o, 1)"
                ),
                {"n": name, "h": file.sha256, "t": file.media_type, "b": len(file.data), "o": file.orientation},
            )
    yield taken
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM submissions WHERE instance_id = 'uuid:media'"))


def test_photos_are_encoded_anew_upright_small_and_bare(
    worker: Engine, tmp_path: Path, received: dict[str, media.Taken]
) -> None:
    assert media.clean_batch(worker, tmp_path, 2) == 2
    assert media.clean_batch(worker, tmp_path, 2) == 1
    assert media.clean_batch(worker, tmp_path, 2) == 0
    with worker.connect() as connection:
        rows = {row.name: row for row in connection.execute(text("SELECT * FROM attachments"))}
    assert {name: row.state for name, row in rows.items()} == {
        "turned.jpg": "clean",
        "flat.png": "clean",
        "broken.jpg": "received",
    }
    assert rows["broken.jpg"].undecodable
    turned = rows["turned.jpg"]
    assert (turned.orientation, turned.media_type) == (1, "image/jpeg")
    data = media.path(tmp_path, turned.sha256_kept.hex()).read_bytes()
    assert (hashlib.sha256(data).digest(), len(data)) == (turned.sha256_kept, turned.bytes)
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (PHOTO_PIXELS // 4, PHOTO_PIXELS)  # 4000 × 1000, turned by a quarter
    red, blue = picture.getpixel((200, 100)), picture.getpixel((200, 1500))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]
    assert not picture.getexif()
    for name in ("turned.jpg", "flat.png"):
        assert not media.path(tmp_path, received[name].sha256.hex()).exists()
    assert media.path(tmp_path, received["broken.jpg"].sha256.hex()).exists()


def test_a_bomb_is_not_opened(worker: Engine, tmp_path: Path, received: dict[str, media.Taken]) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    bomb = media.take("bomb.png", out.getvalue())
    media.keep(tmp_path, [bomb])
    with worker.begin() as connection:
        connection.execute(text("UPDATE attachments SET sha256_kept = :h WHERE name = 'flat.png'"), {"h": bomb.sha256})
    media.clean_batch(worker, tmp_path, 10)
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT undecodable FROM attachments WHERE name = 'flat.png'"))
