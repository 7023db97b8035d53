"""What is read out of S3's events, in both forms."""

from typing import Any

import pytest

from tis_esr.web.hooks.s3_events import BadEventError, FileArrived, read_events

PERSONAL = "Dr Invented Person"


def record(key: str = "in/one.DAT", event: str = "ObjectCreated:Put", **others: Any) -> dict[str, Any]:
    thing = {
        "key": key,
        "size": 5120,
        "eTag": "0123456789abcdef",
        "versionId": "v-1",
        "sequencer": "0055AED6DCD90281E5",
    }
    return {
        "eventVersion": "2.2",
        "eventSource": "aws:s3",
        "eventName": event,
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": "esr-files", "arn": "arn:aws:s3:::esr-files"},
            "object": thing | others,
        },
    }


def bridged(detail_type: str = "Object Created", **others: Any) -> dict[str, Any]:
    thing = {"key": "in/one.DAT", "size": 5120, "etag": "0123", "version-id": "v-1", "sequencer": "617f08"}
    return {
        "version": "0",
        "detail-type": detail_type,
        "source": "aws.s3",
        "detail": {"version": "0", "bucket": {"name": "esr-files"}, "object": thing | others},
    }


def without(body: dict[str, Any], *path: Any) -> dict[str, Any]:
    inner: Any = body
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return body


EVENT = {"Records": [record("in/one.DAT"), record("in/two.DAT", versionId="v-2", sequencer="0F", size=0)]}
ONE = FileArrived("esr-files", "in/one.DAT", "v-1", "0055AED6DCD90281E5", 5120)
TWO = FileArrived("esr-files", "in/two.DAT", "v-2", "0F", 0)
BRIDGED = FileArrived("esr-files", "in/one.DAT", "v-1", "617f08", 5120)


def test_every_record_of_an_event_is_read_in_its_order() -> None:
    assert read_events(EVENT) == [ONE, TWO]


def test_an_event_of_event_bridge_says_the_same() -> None:
    assert read_events(bridged()) == [BRIDGED]


def test_a_key_of_s3_is_decoded_blank_plus_and_umlaut() -> None:
    [arrived] = read_events({"Records": [record("in/a+b%2Bc+M%C3%BCller%25.DAT")]})
    assert arrived.key == "in/a b+c Müller%.DAT"


def test_a_key_of_event_bridge_is_taken_as_it_is() -> None:
    [arrived] = read_events(bridged(key="in/a+b%2Bc Müller.DAT"))
    assert arrived.key == "in/a+b%2Bc Müller.DAT"


@pytest.mark.parametrize("event", ["ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Copy"])
def test_a_file_counts_however_it_was_put_there(event: str) -> None:
    assert len(read_events({"Records": [record(event=event)]})) == 1


def test_other_events_are_left_out_whatever_they_hold() -> None:
    removed = {"eventName": "ObjectRemoved:Delete"}
    assert [a.key for a in read_events({"Records": [removed, record("in/two.DAT")]})] == ["in/two.DAT"]
    assert read_events({"source": "aws.s3", "detail-type": "Object Deleted"}) == []


def test_the_event_that_s3_tries_a_new_hook_with_holds_nothing() -> None:
    assert read_events({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "esr-files"}) == []


def test_a_bucket_without_versions_gives_an_empty_version_and_a_size_may_be_missing() -> None:
    [native] = read_events({"Records": [record(versionId=None, size=None)]})
    assert (native.version, native.size) == ("", None)
    [other] = read_events(
        without(without(bridged(), "detail", "object", "version-id"), "detail", "object", "size")
    )
    assert (other.version, other.size) == ("", None)


def test_a_field_nobody_knows_never_fails() -> None:
    known = record()
    body = {"Records": [known | {"new": 1, "s3": known["s3"] | {"newer": []}}], "newest": None}
    assert len(read_events(body)) == 1
    assert len(read_events(bridged() | {"new": {}})) == 1


THING = ("s3", "object")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (without({"Records": [record()]}, "Records", 0, "eventName"), "Records[0].eventName is missing"),
        (without({"Records": [record()]}, "Records", 0, "s3"), "Records[0].s3 is missing"),
        ({"Records": [record(), record(key="")]}, "Records[1].s3.object.key is missing"),
        ({"Records": [record(sequencer=None)]}, "Records[0].s3.object.sequencer is missing"),
        ({"Records": [record(key="in/%FF")]}, "Records[0].s3.object.key is not URL-encoded UTF-8"),
        ({"Records": [record(sequencer=7)]}, "Records[0].s3.object.sequencer is not text"),
        (
            without({"Records": [record()]}, "Records", 0, *THING, "sequencer"),
            "Records[0].s3.object.sequencer is missing",
        ),
        (
            without({"Records": [record()]}, "Records", 0, "s3", "bucket", "name"),
            "Records[0].s3.bucket.name is missing",
        ),
        ({"Records": [record(size="5")]}, "Records[0].s3.object.size is not a number of bytes"),
        ({"Records": [record(size=True)]}, "Records[0].s3.object.size is not a number of bytes"),
        ({"Records": [PERSONAL]}, "Records[0] is not an object"),
        ({"Records": {}}, "Records is not a list"),
        (without(bridged(), "detail"), "detail is missing"),
        (without(bridged(), "detail", "bucket"), "detail.bucket is missing"),
        (without(bridged(), "detail", "object", "key"), "detail.object.key is missing"),
        (without(bridged(), "source"), "source is missing"),
        (bridged() | {"source": "aws.ec2"}, "source is not aws.s3"),
        ([record()], "the event is not an object"),
        (PERSONAL, "the event is not an object"),
        (None, "the event is not an object"),
        (
            {"hello": PERSONAL},
            "the event has neither Records (S3) nor detail-type (EventBridge)",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path_and_not_quoted(body: object, reason: str) -> None:
    with pytest.raises(BadEventError) as caught:
        read_events(body)
    assert caught.value.reason == reason
    assert PERSONAL not in str(caught.value)
