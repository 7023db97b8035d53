"""Parses S3's events about new files, in its own form and in EventBridge's. Pure: decoded JSON in, facts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from tis_esr.errors import TisEsrError


@dataclass(frozen=True)
class FileArrived:
    """A file was put into a bucket.

    ``version`` is empty if the bucket has no versioning. Of two events about one key, the later one has
    the greater ``sequencer`` once both are padded with zeros on the right to the same length.
    """

    bucket: str
    key: str
    version: str
    sequencer: str
    size: int | None


class BadEventError(TisEsrError):
    """The body is not a valid S3 event. ``reason`` names the field and never quotes the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_events(body: object) -> list[FileArrived]:
    """Return the files whose arrival ``body`` announces, in its order; none for other events and S3's test event.

    ``body`` is decoded JSON. Unknown fields are ignored. Raises ``BadEventError`` when a field we
    need is missing or of the wrong kind, and for anything that is neither S3's form nor EventBridge's.
    """
    if not isinstance(body, Mapping):
        raise BadEventError("the event is not an object")
    if "Records" in body:
        return _native(body["Records"])
    if "detail-type" in body:
        return _event_bridge(body)
    if body.get("Event") == "s3:TestEvent":
        return []
    raise BadEventError("the event has neither Records (S3) nor detail-type (EventBridge)")


def _native(records: object) -> list[FileArrived]:
    if not isinstance(records, list):
        raise BadEventError("Records is not a list")
    arrived: list[FileArrived] = []
    for number, each in enumerate(records):
        path = f"Records[{number}]"
        record = _an_object(each, path)
        if not _text(record, "eventName", path).removeprefix("s3:").startswith("ObjectCreated:"):
            continue
        s3, at = _object(record, "s3", path), f"{path}.s3"
        thing = _object(s3, "object", at)
        arrived.append(
            FileArrived(
                bucket=_text(_object(s3, "bucket", at), "name", f"{at}.bucket"),
                key=_decoded(_text(thing, "key", f"{at}.object"), f"{at}.object.key"),
                version=_text_if_any(thing, "versionId", f"{at}.object"),
                sequencer=_text(thing, "sequencer", f"{at}.object"),
                size=_size(thing, f"{at}.object"),
            )
        )
    return arrived


def _event_bridge(body: Mapping[str, object]) -> list[FileArrived]:
    if _text(body, "source") != "aws.s3":
        raise BadEventError("source is not aws.s3")
    if _text(body, "detail-type") != "Object Created":
        return []
    detail = _object(body, "detail")
    thing = _object(detail, "object", "detail")
    return [
        FileArrived(
            bucket=_text(_object(detail, "bucket", "detail"), "name", "detail.bucket"),
            key=_text(thing, "key", "detail.object"),
            version=_text_if_any(thing, "version-id", "detail.object"),
            sequencer=_text(thing, "sequencer", "detail.object"),
            size=_size(thing, "detail.object"),
        )
    ]


def _decoded(key: str, path: str) -> str:
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError as error:
        raise BadEventError(f"{path} is not URL-encoded UTF-8") from error


def _object(parent: Mapping[str, object], name: str, path: str = "") -> Mapping[str, object]:
    return _an_object(parent.get(name), _under(path, name))


def _an_object(value: object, path: str) -> Mapping[str, object]:
    if value is None:
        raise BadEventError(f"{path} is missing")
    if not isinstance(value, Mapping):
        raise BadEventError(f"{path} is not an object")
    return value


def _text(parent: Mapping[str, object], name: str, path: str = "") -> str:
    text = _text_if_any(parent, name, path)
    if not text:
        raise BadEventError(f"{_under(path, name)} is missing")
    return text


def _text_if_any(parent: Mapping[str, object], name: str, path: str) -> str:
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadEventError(f"{_under(path, name)} is not text")
    return value


def _size(thing: Mapping[str, object], path: str) -> int | None:
    size = thing.get("size")
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadEventError(f"{path}.size is not a number of bytes")
    return size


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
