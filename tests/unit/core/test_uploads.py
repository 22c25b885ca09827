"""What people send is held in memory, and never more than one photo may weigh."""

from io import BytesIO

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.test import RequestFactory

from cwf_portal.core.pictures import MOST_BYTES


def sent(**files: bytes) -> dict[str, InMemoryUploadedFile]:
    named = {name: BytesIO(content) for name, content in files.items()}
    for name, content in named.items():
        content.name = f"../../{name}.jpg"
    return RequestFactory().post("/", named).FILES


def test_a_file_arrives_whole_and_without_its_name():
    file = sent(photo=b"abc" * 70_000)["photo"]
    assert (file.read(), file.name, file.size) == (b"abc" * 70_000, "file", 210_000)


def test_all_files_of_a_request_together_are_cut_at_one_byte_too_many():
    files = sent(first=bytes(MOST_BYTES - 10), second=bytes(MOST_BYTES), third=b"more")
    assert [files[name].size for name in ("first", "second")] == [MOST_BYTES - 10, 11]
    assert sum(file.size for file in files.values()) == MOST_BYTES + 1
    assert all(isinstance(file, InMemoryUploadedFile) for file in files.values())
