"""Pictures, sounds and files of messages: local ones are read and encoded, what is not what it says is refused."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases import attachments
from prompt_contracts.cases.attachments import is_animated_gif, media_type
from tests.cases.case_files import good, load_text, mistakes

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 8
WEBP = b"RIFF\x04\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x04\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04" + b"\x00" * 8
PDF = b"%PDF-1.7\n"
_PICTURE = b"\x2c" + b"\x00" * 8 + b"\x00" + b"\x02\x02\x4c\x01\x00"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00" + _PICTURE + b"\x3b"
ANIMATED = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + b"\x00" * 6 + b"\x21\xf9\x04\x00\x00\x00\x00\x00" + _PICTURE * 2 + b"\x3b"
)

HEAD = "version: 1\nmodels: [a:b]\ncases:\n"


def encoded(raw: bytes) -> str:
    return b64encode(raw).decode()


def case(part: str, *, more: str = "") -> str:
    return f"{HEAD}- name: a\n  expect: {{text: a}}\n{more}  messages:\n  - role: user\n    content:\n    - {part}\n"


def picture(url: str) -> str:
    return case(f"{{type: image_url, image_url: {{url: '{url}', detail: low}}}}")


def sent(root: Path, text: str, files: dict[str, bytes]) -> Any:
    for name, raw in files.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_bytes(raw)
    (found,) = good(root, text)
    content: Any = found.messages[0].content
    return content[0]


@pytest.mark.parametrize(
    ("raw", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp"), (GIF, "image/gif")]
)
def test_a_local_picture_is_sent_as_what_its_bytes_say(tmp_path: Path, raw: bytes, kind: str) -> None:
    part = sent(tmp_path, picture("images/cat.bin"), {"images/cat.bin": raw})

    assert part == {
        "type": "image_url",
        "image_url": {"url": f"data:{kind};base64,{encoded(raw)}", "detail": "low"},
    }


@pytest.mark.parametrize(
    "url", ["https://x.org/cat.png", "http://x.org/a", "HTTPS://x.org/a", f"data:image/png;base64,{encoded(PNG)}"]
)
def test_an_address_is_sent_as_it_is(tmp_path: Path, url: str) -> None:
    assert sent(tmp_path, picture(url), {})["image_url"]["url"] == url


def test_the_path_of_a_picture_may_come_from_the_row(tmp_path: Path) -> None:
    text = case("{type: image_url, image_url: {url: '{{ name }}.png'}}", more="  rows: [{name: cat}]\n")

    assert sent(tmp_path, text, {"cat.png": PNG})["image_url"]["url"].startswith("data:image/png;")


def test_a_path_starts_from_the_file_in_which_it_stands(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "talk.yaml").write_text(
        "- role: user\n  content: [{type: image_url, image_url: {url: cat.png}}]\n"
    )
    text = f"{HEAD}- {{name: a, expect: {{text: a}}, messages: {{$include: log/talk.yaml}}}}\n"

    assert sent(tmp_path, text, {"log/cat.png": PNG})["image_url"]["url"].startswith("data:image/png;")


def test_pictures_of_turns_are_read_before_the_run(tmp_path: Path) -> None:
    text = (
        f"{HEAD}- name: a\n  turns:\n  - {{user: b, extract: {{x: ''}}, expect: {{text: a}}}}\n"
        "  - messages:\n    - role: user\n"
        "      content: [{type: text, text: '{{ x }}'}, {type: image_url, image_url: {url: cat.png}}]\n"
    )
    (tmp_path / "cat.png").write_bytes(PNG)
    (found,) = good(tmp_path, text)
    (tmp_path / "cat.png").unlink()

    content: Any = found.turns[1].fill({"x": "y"}).messages[0].content

    assert content[0]["text"] == "y"
    assert content[1]["image_url"]["url"].startswith("data:image/png;")


@pytest.mark.parametrize(("raw", "form"), [(WAV, "wav"), (MP3, "mp3"), (b"\xff\xfb\x90\x00", "mp3"), (b"fLaC", "flac")])
def test_a_local_sound_is_sent_as_base64(tmp_path: Path, raw: bytes, form: str) -> None:
    text = case(f"{{type: input_audio, input_audio: {{data: hello.bin, format: {form}}}}}")

    assert sent(tmp_path, text, {"hello.bin": raw})["input_audio"] == {"data": encoded(raw), "format": form}


def test_base64_of_a_sound_is_sent_as_it_is_without_its_line_ends(tmp_path: Path) -> None:
    text = case("{type: input_audio, input_audio: {data: {$file: hello.b64}, format: wav}}")

    assert sent(tmp_path, text, {"hello.b64": b"UklG\nRg==\n"})["input_audio"]["data"] == "UklGRg=="


@pytest.mark.parametrize(
    ("name", "raw", "kind"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.bin", PDF, "application/pdf"),
        ("a.csv", b"a,b\n", "text/csv"),
        ("a.xyz", b"abc", "application/octet-stream"),
    ],
)
def test_a_local_file_is_sent_as_a_data_url_with_its_name(tmp_path: Path, name: str, raw: bytes, kind: str) -> None:
    text = case(f"{{type: file, file: {{file_data: files/{name}}}}}")

    assert sent(tmp_path, text, {f"files/{name}": raw})["file"] == {
        "file_data": f"data:{kind};base64,{encoded(raw)}",
        "filename": name,
    }


def test_the_name_of_a_file_that_was_written_is_kept(tmp_path: Path) -> None:
    text = case("{type: file, file: {file_data: a.pdf, filename: invoice.pdf}}")

    assert sent(tmp_path, text, {"a.pdf": PDF})["file"]["filename"] == "invoice.pdf"


@pytest.mark.parametrize("file", ["{file_id: file-1}", "{file_data: 'data:text/plain;base64,YQ==', filename: a.txt}"])
def test_a_file_that_is_no_local_one_is_sent_as_it_is(tmp_path: Path, file: str) -> None:
    from tests.cases.case_files import read

    node, _ = read(file)

    assert node is not None
    assert sent(tmp_path, case(f"{{type: file, file: {file}}}"), {})["file"] == node.value


def test_a_file_of_two_cases_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(PNG)
    part = "[{type: image_url, image_url: {url: cat.png}}]"
    text = HEAD + "".join(
        f"- {{name: {name}, expect: {{text: a}}, messages: [{{role: user, content: {part}}}]}}\n" for name in "ab"
    )

    urls = [found.messages[0].content[0]["image_url"]["url"] for found in good(tmp_path, text)]  # type: ignore[index,call-overload] # parts

    assert urls[0] is not None
    assert urls[0] == urls[1]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("dog.png", "there is no file 'dog.png'"),
        ("../cat.png", "'../cat.png' lies outside the project"),
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("folder", "'folder' is a folder"),
        ("note.png", "'note.png' is no PNG, JPEG, WEBP or GIF file: its first bytes say nothing that is known"),
        ("doc.png", "'doc.png' is no PNG, JPEG, WEBP or GIF file: its first bytes say application/pdf"),
        ("moving.gif", "'moving.gif' is an animated GIF, which no provider takes"),
        ("empty.png", "'empty.png' is empty"),
        ("large.png", "'large.png' has 65 bytes, more than 64"),
        ("file:///cat.png", "a picture cannot be had by 'file:'"),
        ("ftp://x.org/cat.png", "a picture cannot be had by 'ftp:'"),
        ("a\\0b", "there is no file 'a\\0b'"),
        ("data:image/png,abc", "this data URL is not of the form data:<type>;base64,<data>"),
        ("data:image/png;base64,a b", "the data URL is not valid base64"),
        ("data:image/png;base64,ä", "the data URL is not valid base64"),
        (
            f"data:image/png;base64,{encoded(JPEG)}",
            "this data URL says 'image/png', but its first bytes say image/jpeg",
        ),
        (
            f"data:image/bmp;base64,{encoded(PNG)}",
            "this data URL says 'image/bmp', which is no type of a PNG, JPEG, WEBP or GIF picture",
        ),
        (
            f"data:;base64,{encoded(PNG)}",
            "this data URL says 'nothing', which is no type of a PNG, JPEG, WEBP or GIF picture",
        ),
        (f"data:image/gif;base64,{encoded(ANIMATED)}", "this data URL holds an animated GIF, which no provider takes"),
    ],
)
def test_a_picture_that_cannot_be_sent_is_named_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    root = tmp_path / "project"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "cat.png").write_bytes(PNG)
    monkeypatch.setattr(attachments, "LARGEST", 64)
    for name, raw in {
        "cat.png": PNG,
        "note.png": b"hello",
        "doc.png": PDF,
        "moving.gif": ANIMATED,
        "empty.png": b"",
        "large.png": PNG.ljust(65),
    }.items():
        (root / name).write_bytes(raw)

    (found,) = mistakes(load_text(root, picture(url)))

    assert (found.code, found.message, found.location.line) == ("PC116", said, 9)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (
            "{type: input_audio, input_audio: {data: a.mp3, format: wav}}",
            "'a.mp3' is no wav file: its first bytes say mp3",
        ),
        (
            "{type: input_audio, input_audio: {data: a.pdf, format: mp3}}",
            "'a.pdf' is no mp3 file: its first bytes say application/pdf",
        ),
        ("{type: input_audio, input_audio: {data: '!!', format: wav}}", "the sound is not valid base64"),
        ("{type: file, file: {file_data: '!!'}}", "the file is not valid base64"),
        (
            "{type: file, file: {file_data: 'data:application/pdf,x'}}",
            "this data URL is not of the form data:<type>;base64,<data>",
        ),
        (
            f"{{type: file, file: {{file_data: 'data:text/plain;base64,{encoded(PNG)}'}}}}",
            "this data URL says 'text/plain', but its first bytes say image/png",
        ),
    ],
)
def test_a_sound_or_file_that_cannot_be_sent_is_named(tmp_path: Path, part: str, said: str) -> None:
    (tmp_path / "a.mp3").write_bytes(MP3)
    (tmp_path / "a.pdf").write_bytes(PDF)

    assert [(found.code, found.message) for found in mistakes(load_text(tmp_path, case(part)))] == [("PC116", said)]


def test_how_closely_the_model_looks_is_one_of_three_words(tmp_path: Path) -> None:
    (found,) = mistakes(load_text(tmp_path, picture("https://x.org/a").replace("low", "hi")))

    assert str(found).endswith("PC102 'detail' must be 'auto', 'low' or 'high', not the text \"hi\"")


@given(st.binary(max_size=80))
def test_any_bytes_have_a_type_or_none_and_are_never_followed_past_their_end(raw: bytes) -> None:
    assert media_type(raw) is None or "/" in str(media_type(raw))
    assert is_animated_gif(GIF[:13] + raw) in (True, False)


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1, max_size=3), st.integers(0, 3))
def test_a_gif_is_animated_when_it_has_two_pictures(blocks: list[bytes], count: int) -> None:
    data = b"".join(bytes([len(block)]) + block for block in blocks) + b"\x00"
    frame = b"\x2c" + b"\x00" * 8 + b"\x80" + b"\x00" * 6 + b"\x02" + data
    comment = b"\x21\xfe" + data

    assert is_animated_gif(GIF[:13] + (comment + frame) * count + b"\x3b") == (count > 1)


@given(st.binary(max_size=40))
def test_what_is_encoded_can_be_read_again(raw: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        part = sent(Path(folder), picture("cat.png"), {"cat.png": PNG + raw})

    assert b64decode(part["image_url"]["url"].partition(",")[2]) == PNG + raw
