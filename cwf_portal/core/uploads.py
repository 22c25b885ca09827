"""Files that people send are held in memory and bounded: nothing they send lands on our disks."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from cwf_portal.core.pictures import MOST_BYTES


class BoundedUploadHandler(FileUploadHandler):
    """Keeps what fits into `MOST_BYTES` and one byte more, of all files of a request together.

    A file that is longer is cut there; whoever reads it sees that it is too long.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.left = MOST_BYTES + 1
        self.kept = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.left -= self.kept.write(raw_data[: self.left])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        size = self.kept.tell()
        self.kept.seek(0)
        # The name that was sent is read by nobody; it would only be something to trip over.
        return InMemoryUploadedFile(self.kept, self.field_name, "file", self.content_type, size, None)
