"""Files from Meta: fetched whole, checked, and never at a stranger's with our token."""

from __future__ import annotations

import pytest

from core.inbound import Media, MessageKind
from core.outbound import OutboundClient, SendFailed
from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.whatsapp_cloud import CloudSimulator
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import cloud_account

JPEG = b"\xff\xd8\xff\xe0 a picture"


def fetch(meta: CloudSimulator, http: OutboundClient, media: Media) -> bytes:
    return WhatsAppCloudAdapter().fetch_media(cloud_account(meta.url), media, http)


def refusal(meta: CloudSimulator, http: OutboundClient, media: Media) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        fetch(meta, http, media)
    return failed.value


def test_a_file_is_fetched_and_checked(meta: CloudSimulator, http: OutboundClient) -> None:
    media_id = meta.keep_file(JPEG, "image/jpeg")
    file = meta.files[media_id]
    for digest in (file.sha256_base64, file.sha256, ""):
        media = Media(MessageKind.IMAGE, media_id, sha256=digest)
        assert fetch(meta, http, media) == JPEG
    assert meta.calls[0].query == {"phone_number_id": "106540352242922"}


def test_another_file_than_announced_is_refused(meta: CloudSimulator, http: OutboundClient) -> None:
    media_id = meta.keep_file(JPEG, "image/jpeg")
    media = Media(
        MessageKind.IMAGE,
        media_id,
        sha256="0000000000000000000000000000000000000000000000000000000000000000",
    )
    assert refusal(meta, http, media).code == "sha256"


def test_a_file_over_its_limit_is_refused(meta: CloudSimulator, http: OutboundClient) -> None:
    media_id = meta.keep_file(b"x" * (512 * 1024 + 1), "image/webp")
    failed = refusal(meta, http, Media(MessageKind.STICKER, media_id))
    assert (failed.error_class, failed.code) == ("payload", "too_large")
    assert len(meta.calls) == 1  # its size was enough to know


def test_a_file_larger_than_meta_said_is_refused(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    media_id = meta.keep_file(b"small", "image/webp")
    meta.garbage_next(body=f'{{"url": "{meta.url}/files/{media_id}"}}'.encode())
    meta.garbage_next(body=b"x" * (512 * 1024 + 1), only="/files/")
    failed = refusal(meta, http, Media(MessageKind.STICKER, media_id))
    assert (failed.error_class, failed.code) == ("payload", "too_large")


def test_a_media_id_can_not_choose_another_endpoint(
    meta: CloudSimulator, http: OutboundClient
) -> None:
    media = Media(MessageKind.IMAGE, "../v25.0/me?fields=id#")
    refusal(meta, http, media)
    assert "fields" not in meta.calls[0].query


def test_a_file_that_is_gone_is_given_up(meta: CloudSimulator, http: OutboundClient) -> None:
    media = Media(MessageKind.IMAGE, meta.keep_file(JPEG, "image/jpeg"))
    meta.garbage_next(body=b"gone", status=404, only="/files/")
    found = refusal(meta, http, media)
    assert found.error_class == "payload"


def test_the_line_breaking_means_retry(meta: CloudSimulator, http: OutboundClient) -> None:
    media = Media(MessageKind.IMAGE, meta.keep_file(JPEG, "image/jpeg"))
    meta.drop_next()
    assert refusal(meta, http, media).error_class == "retry"
    meta.drop_next(only="/files/")
    assert refusal(meta, http, media).error_class == "retry"


def test_the_bearer_is_for_meta_s_hosts_only(http: OutboundClient) -> None:
    class Stranger(ProviderSimulator):
        def answer(self, call: Call) -> Answer:
            return Answer(200, JPEG, "image/jpeg")

    with CloudSimulator() as meta, Stranger() as stranger:
        elsewhere = stranger.url.replace("127.0.0.1", "localhost")
        meta.garbage_next(body=f'{{"url": "{elsewhere}/f"}}'.encode())
        client = OutboundClient(private_hosts=("127.0.0.1", "localhost"))
        failed = refusal(meta, client, Media(MessageKind.IMAGE, "1"))
        client.close()
        assert failed.code == "address_refused"
        assert stranger.calls == []
