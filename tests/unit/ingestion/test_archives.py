"""Reading tar, zip and gzip files that may be damaged, mislabelled or hostile."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.errors import (
    IngestionError,
    NotTheExpectedFileError,
    TooLargeError,
    TruncatedError,
    UnsafeArchiveError,
)
from ingestion.fetching.archive_guard import ArchiveLimits
from ingestion.fetching.archives import check_kind, iter_members, open_gzip

STUDY = {"study/meta.txt": b"type_of_cancer: mel\n", "study/data.txt": b"A\tB\n1\t2\n", "study/empty": b""}
# Incompressible, so that a cut in the packed file is a cut in the content.
NOISE = hashlib.shake_256(b"noise").digest(40_000)


def tar_of(
    files: dict[str, bytes], *, mode: str = "w:gz", extra: list[tarfile.TarInfo] | None = None
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in extra or []:
            tar.addfile(info, io.BytesIO(b"\0" * info.size) if info.size else None)
    return buffer.getvalue()


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "study/data.txt"
    return info


def read(content: bytes | Path, **options: object) -> dict[str, bytes]:
    return dict(iter_members(content, source="study.tar.gz", **options))  # type: ignore[arg-type]


PACKERS = pytest.mark.parametrize(
    "pack",
    [tar_of, lambda files: tar_of(files, mode="w:"), zip_of, lambda files: zip_of(files, zipfile.ZIP_STORED)],
    ids=["tar.gz", "tar", "zip", "zip stored"],
)
Packer = Callable[[dict[str, bytes]], bytes]


# ---------------------------------------------------------------- good archives


@PACKERS
def test_all_regular_files_are_yielded_in_order_with_their_bytes(pack: Packer, tmp_path: Path) -> None:
    assert list(read(pack(STUDY)).items()) == list(STUDY.items())
    path = tmp_path / "archive"
    path.write_bytes(pack(STUDY))
    assert read(path) == STUDY


@PACKERS
def test_only_wanted_members_are_yielded(pack: Packer) -> None:
    assert list(read(pack(STUDY), wanted=lambda name: name.endswith("data.txt"))) == ["study/data.txt"]


def test_names_are_normalised_and_folders_may_repeat() -> None:
    folders = [special(name, tarfile.DIRTYPE) for name in ("./", "./study", "study/", "study")]
    assert read(tar_of({"./study//a": b"1"}, extra=folders)) == {"study/a": b"1"}


def test_long_names_and_non_latin_names_are_read() -> None:
    files = {"x/" * 100 + "long.txt": b"1", "Übersicht.txt": b"2"}
    for tar_format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz", format=tar_format) as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        assert read(buffer.getvalue()) == files


# ---------------------------------------------------------------- hostile names and kinds


@PACKERS
@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "a/../../x", "a/..", "C:/x", "C:x", "a\\..\\x", "a\nb", "a\x1bb", "."],
)
def test_a_name_that_could_leave_the_folder_or_hide_is_refused(pack: Packer, name: str) -> None:
    archive = pack({"good.txt": b"1", name: b"2"})
    with pytest.raises(UnsafeArchiveError, match=r"study\.tar\.gz: .*; do not use this archive"):
        read(archive)


@PACKERS
@pytest.mark.parametrize(
    "names",
    [("a.txt", "./a.txt"), ("a.txt", "A.TXT"), ("caf\u00e9", "cafe\u0301"), ("a", "a/b"), ("a/b", "a")],
)
def test_two_members_of_one_place_are_refused(pack: Packer, names: tuple[str, str]) -> None:
    with pytest.raises(UnsafeArchiveError, match="comes twice, or is both a file and a folder"):
        read(pack({name: b"1" for name in names}))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused_also_when_nobody_wants_them(kind: bytes) -> None:
    archive = tar_of(STUDY, extra=[special("odd", kind)])
    with pytest.raises(UnsafeArchiveError, match="link, a device"):
        read(archive, wanted=lambda name: name == "study/data.txt")


def test_a_sparse_tar_member_is_refused() -> None:
    with pytest.raises(UnsafeArchiveError, match="sparse"):
        read(tar_of({}, extra=[special("holes", tarfile.GNUTYPE_SPARSE)]))


def test_a_link_in_a_zip_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("odd")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeArchiveError, match="link, a device"):
        read(buffer.getvalue())


def test_an_encrypted_or_unusually_packed_zip_member_is_refused() -> None:
    encrypted = bytearray(zip_of({"a": b"1"}))
    central = encrypted.index(b"PK\x01\x02")
    encrypted[central + 8] |= 1
    with pytest.raises(UnsafeArchiveError, match="encrypted"):
        read(bytes(encrypted))
    with pytest.raises(UnsafeArchiveError, match="unusual method"):
        read(zip_of({"a": b"1" * 1000}, zipfile.ZIP_LZMA))


# ---------------------------------------------------------------- size


@PACKERS
def test_limits_on_members_and_bytes_are_enforced(pack: Packer) -> None:
    archive = pack({"a": NOISE, "b": NOISE})
    size = len(NOISE)
    assert len(read(archive, limits=ArchiveLimits(max_members=2, max_member_bytes=size))) == 2
    with pytest.raises(UnsafeArchiveError, match="more than 1 members"):
        read(archive, limits=ArchiveLimits(max_members=1))
    with pytest.raises(TooLargeError, match="member 'a' unpacks to more than the limit of 39,999 bytes"):
        read(archive, limits=ArchiveLimits(max_member_bytes=size - 1))
    with pytest.raises(TooLargeError, match="the whole archive"):
        read(archive, limits=ArchiveLimits(max_total_bytes=2 * size - 1))


def test_a_compression_bomb_is_stopped_in_tar_zip_and_gzip() -> None:
    zeros = bytes(66 << 20)
    packed = gzip.compress(zeros, 9)
    assert len(zeros) > 900 * len(packed)
    with pytest.raises(UnsafeArchiveError, match="bomb"):
        check_kind(packed, "gzip", source="x")
    with pytest.raises(UnsafeArchiveError, match="bomb"):
        read(zip_of({"zeros": zeros}))
    with pytest.raises(UnsafeArchiveError, match="bomb"):
        check_kind(zip_of({"zeros": zeros}), "zip", source="book.xlsx")
    header = tarfile.TarInfo("zeros")
    header.size = len(zeros)
    with pytest.raises(UnsafeArchiveError, match="bomb"):
        read(gzip.compress(header.tobuf()) + packed, wanted=lambda name: False)


def test_a_zip_that_counts_the_same_bytes_many_times_is_refused() -> None:
    archive = bytearray(zip_of({"a": NOISE, "b": b"1"}, zipfile.ZIP_STORED))
    entry_b = archive.rindex(b"PK\x01\x02")
    archive[entry_b + 20 : entry_b + 28] = struct.pack("<LL", len(NOISE), len(NOISE))
    archive[entry_b + 42 : entry_b + 46] = struct.pack("<L", 0)
    with pytest.raises(UnsafeArchiveError, match="overlap"):
        read(bytes(archive))


def test_a_zip_member_cannot_unpack_to_more_than_it_declares() -> None:
    archive = bytearray(zip_of({"a": b"x" * 100_000}))
    entry = archive.rindex(b"PK\x01\x02")
    archive[entry + 24 : entry + 28] = struct.pack("<L", 10)
    with pytest.raises(TruncatedError):
        read(bytes(archive))


def test_tar_metadata_of_absurd_size_is_refused_before_it_is_read() -> None:
    header = special("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    header.size = 5 << 30
    with pytest.raises(UnsafeArchiveError, match="of metadata for one member"):
        read(gzip.compress(header.tobuf()))


def test_an_endless_chain_of_tar_metadata_is_refused() -> None:
    header = special("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    header.size = 1
    with pytest.raises(UnsafeArchiveError, match="endless metadata"):
        read((header.tobuf() + b"a".ljust(512, b"\0")) * 3000)


def test_reading_stops_at_the_given_size_of_a_gzip() -> None:
    packed = gzip.compress(b"x" * 1000)
    with open_gzip(packed, source="x", max_bytes=1000) as stream:
        assert len(stream.read()) == 1000
    with (
        open_gzip(packed, source="x", max_bytes=999) as stream,
        pytest.raises(TooLargeError, match="limit of 999 bytes"),
    ):
        stream.read()


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_archive_is_never_taken_for_a_whole_one(share: float) -> None:
    files = {f"study/{i}.txt": NOISE[i * 4000 : (i + 1) * 4000] for i in range(10)}
    for pack in (tar_of, lambda files: tar_of(files, mode="w:"), zip_of):
        archive = pack(files)
        whole = len(archive.rstrip(b"\0"))  # the zeros that fill up a tar may go
        cut = archive[: int(whole * share)]
        with pytest.raises((TruncatedError, NotTheExpectedFileError)):
            read(cut)


def test_a_tarball_cut_in_the_middle_says_that_it_ends_too_early() -> None:
    archive = tar_of({"data.txt": NOISE})
    with pytest.raises(TruncatedError, match=r"study\.tar\.gz: the gzip data ends too early; .*fetch"):
        read(archive[: len(archive) // 2])


def test_a_tar_cut_exactly_between_two_members_is_still_noticed() -> None:
    whole = tar_of({"a": b"1" * 512, "b": b"2" * 512}, mode="w:")
    with pytest.raises(TruncatedError, match="no valid header at byte 1,024"):
        read(whole[:1024])
    with pytest.raises(TruncatedError):
        read(gzip.compress(whole[:1024]))


def test_a_broken_header_in_mid_archive_is_not_taken_for_its_end() -> None:
    whole = bytearray(tar_of({"a": b"1" * 512, "b": b"2" * 512}, mode="w:"))
    whole[1024 + 10] ^= 0xFF
    with pytest.raises(TruncatedError, match="no valid header at byte 1,024"):
        read(bytes(whole))


@pytest.mark.parametrize("place", [-6, -2, 20_000])
def test_flipped_bytes_in_a_gzip_are_noticed_also_after_the_last_member(place: int) -> None:
    archive = bytearray(tar_of({"a": NOISE}))
    archive[place] ^= 0xFF
    with pytest.raises(TruncatedError):
        read(bytes(archive), wanted=lambda name: False)


def test_flipped_bytes_in_a_zip_are_noticed() -> None:
    archive = bytearray(zip_of({"a": NOISE}, zipfile.ZIP_STORED))
    archive[20_000] ^= 0xFF
    with pytest.raises(TruncatedError, match="Bad CRC"):
        read(bytes(archive))


# ---------------------------------------------------------------- another kind of file

HTML = b"\xef\xbb\xbf \n<!-- cached -->\n<HTML lang='en'><title>Not found</title></HTML>"
S3_ERROR = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 9\n"


@pytest.mark.parametrize("page", [HTML, S3_ERROR, b"<!doctype html><p>x", LFS, b""])
@pytest.mark.parametrize("expected", ["gzip", "zip", "text", None])
def test_a_page_or_pointer_in_place_of_the_file_is_refused(page: bytes, expected: str | None) -> None:
    with pytest.raises(NotTheExpectedFileError, match=r"there is (an HTML or XML page|a Git LFS|nothing)"):
        check_kind(page, expected, source="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [HTML, gzip.compress(HTML), b"PATIENT_ID\n", b"\x00\x01" * 400, b""])
def test_a_tarball_that_is_something_else_is_refused(page: bytes) -> None:
    with pytest.raises(NotTheExpectedFileError, match=r"open the address in a browser"):
        read(page)


def test_an_archive_without_members_is_refused() -> None:
    for empty in (tar_of({}), tar_of({}, mode="w:"), zip_of({})):
        with pytest.raises(NotTheExpectedFileError):
            read(empty)


GOOD = {
    "gzip": gzip.compress(b"A\tB\n"),
    "zip": zip_of(STUDY),
    "text": "Gène;<1\n".encode("latin-1"),
    "binary": b"\x7fELF\x00\x00",
}


@pytest.mark.parametrize("found", list(GOOD))
@pytest.mark.parametrize("expected", ["gzip", "zip", "text"])
def test_the_declared_kind_is_the_only_one_accepted(found: str, expected: str) -> None:
    if found == expected:
        check_kind(GOOD[found], expected, source="x")  # type: ignore[arg-type]
    else:
        with pytest.raises(NotTheExpectedFileError, match="was expected; correct the address, or the kind"):
            check_kind(GOOD[found], expected, source="x")  # type: ignore[arg-type]


def test_any_kind_is_accepted_where_none_is_declared_and_utf16_is_text() -> None:
    for content in GOOD.values():
        check_kind(content, None, source="x")
    check_kind("PATIENT_ID\tX\n".encode("utf-16"), "text", source="x")


def test_a_damaged_gzip_or_zip_is_found_by_the_whole_check_only() -> None:
    for kind, content in (("gzip", gzip.compress(NOISE)), ("zip", zip_of({"a": NOISE}))):
        check_kind(content[:-100], kind, source="x", whole=False)  # type: ignore[arg-type]
        with pytest.raises(TruncatedError):
            check_kind(content[:-100], kind, source="x")  # type: ignore[arg-type]


def test_several_gzip_streams_in_a_row_are_one_text() -> None:
    packed = gzip.compress(b"a\n") + gzip.compress(b"b\n")
    with open_gzip(packed, source="x") as stream:
        assert stream.readlines() == [b"a\n", b"b\n"]


@pytest.mark.parametrize("seed", range(150))
def test_random_damage_never_ends_in_another_kind_of_error(seed: int) -> None:
    dice = random.Random(seed)
    pack: Packer = dice.choice([tar_of, lambda files: tar_of(files, mode="w:"), zip_of])
    archive = bytearray(pack({**STUDY, "x/" * 70 + "y": NOISE[:2000]}))
    for _ in range(dice.randint(1, 8)):
        archive[dice.randrange(len(archive))] = dice.randrange(256)
    with contextlib.suppress(IngestionError):
        read(bytes(archive))
