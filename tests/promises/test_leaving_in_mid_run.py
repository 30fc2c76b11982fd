"""Who leaves by one click while a mailing runs gets nothing of it, unless it was on its way."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

from live_mail import SHORT_ON_POSTGRESQL, Arrived, number_taken, reader
from live_newsroom import DAY, until
from servers.ports import LOOPBACK, free_port, wait_for_port

_ONE_CLICK = re.compile(rb"^List-Unsubscribe: <(http[^>]*)>", re.MULTILINE)
_URLENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
_MULTIPART = (
    "multipart/form-data; boundary=part",
    b'--part\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--part--\r\n',
)
#: More than one claim takes (500), so that the last are not claimed while the first are sent.
READERS = 520


def click(port: int, link: str, form: tuple[str, bytes]) -> tuple[int, str | None]:
    """Send what a mail program sends for one click, without a cookie; return the status, and where to it leads."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    connection.request("POST", urlsplit(link).path, form[1], {"Content-Type": form[0]})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Location")


@SHORT_ON_POSTGRESQL
def test_who_leaves_before_the_claim_gets_nothing_however_often_and_in_whatever_form(post, sink):
    first, slow, fast = sink(), sink("-w", "1"), sink()
    port = free_port()
    post.begin(READERS, sent_by=first, port=str(port), base_url=f"http://{LOOPBACK}:{port}")
    post.publish()
    post.settle()
    links = {to: mails[0] for to, mails in Arrived(first).mails.items()}
    post.start("web")
    wait_for_port(port, 120)

    post.clock.advance(DAY)
    post.publish()
    post.set(smtp_url=slow.url)
    sender = post.start("schedule")
    until(lambda: number_taken(slow) >= 1, "the first message of the second day")
    leavers = sorted(post.addresses_in("queued"))[:4]
    assert len(leavers) == 4, "some are not claimed yet"
    for number, leaver in enumerate(leavers):
        link = _ONE_CLICK.search(links[leaver])
        assert link is not None
        form = _MULTIPART if number % 2 else _URLENCODED
        assert [click(port, link[1].decode(), form) for _ in range(3)] == [(200, None)] * 3
    assert sender.runs()
    assert post.in_flight(), "the mailing was over before they left"
    assert sender.stop() == 0
    post.set(smtp_url=fast.url)
    post.settle()

    arrived = Arrived(slow, fast)
    assert not set(leavers) & set(arrived.mails)
    arrived.assert_nobody_is_left_out({reader(number) for number in range(1, READERS + 1)} - set(leavers))
    second = [each for each in post.deliveries() if each.address in leavers and each.state != "sent"]
    assert [(each.state, each.reply) for each in second] == [("suppressed", "left")] * 4
    assert arrived.duplicates == 0
    assert post.leavers() == leavers
