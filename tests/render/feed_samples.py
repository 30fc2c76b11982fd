"""Feeds to try things on: one of everything, a hostile one, and one as long as asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from newsletter.models import (
    Attribution,
    Change,
    Correction,
    Edition,
    Entry,
    Issue,
    IssueState,
    Kind,
    NamedGroup,
    PartialDate,
    Publisher,
    Rule,
    Schedule,
    Source,
    Status,
    Withdrawal,
)
from newsletter.render.feeds import Feed
from newsletter.render.links import Links
from newsletter.text import clean

LINKS = Links("https://dose.example.org")
PUBLISHER = Publisher(
    base_url="https://dose.example.org",
    contact="editors@example.org",
    sender="Daily Dose <dose@example.org>",
    rights="Text: CC BY 4.0",
)
EDITION = Edition(
    slug="daily-dose",
    title="Daily Dose",
    language="en",
    schedules=(Schedule(from_day=date(2024, 1, 1), zone=ZoneInfo("UTC"), time=time(6)),),
    since=date(2024, 1, 1),
)
SOURCE = Source(
    raw="Ann Writer, “Two Car Bombs in Benghazi,” Example News, 23 January 2018, https://news.example.com/a?b=1&c=2",
    author="Ann Writer",
    title="Two Car Bombs in Benghazi",
    publisher="Example News",
    published=PartialDate(2018, 1, 23),
    url="https://news.example.com/a?b=1&c=2",
)


def entry(slug: str = "benghazi-2018", **fields: object) -> Entry:
    """Return a ready fact, with *fields* of its own."""
    given: dict[str, object] = {
        "uid": uuid5(NAMESPACE_URL, slug),
        "slug": slug,
        "kind": Kind.FACT,
        "headline": "Two car bombs outside a Benghazi mosque kill worshippers",
        "body": "Two car bombs went off outside a mosque in Benghazi as people left the evening prayer.[^1]",
        "event_date": PartialDate(2018, 1, 23),
        "country": "LY",
        "place": "Benghazi",
        "sources": (SOURCE,),
        "status": Status.READY,
    }
    return Entry(**(given | fields))


def issue(number: int, of: Entry, **fields: object) -> Issue:
    """Return the issue of the *number*th day of 2024, published on time, with *fields* of its own."""
    day = date(2024, 1, 1) + timedelta(days=number - 1)
    due = datetime.combine(day, time(6), UTC)
    given: dict[str, object] = {
        "uid": uuid5(NAMESPACE_URL, f"issue {number}"),
        "edition": "daily-dose",
        "day": day,
        "number": number,
        "state": IssueState.PUBLISHED,
        "rule": Rule.ROTATION,
        "reason": "rotation: never published",
        "subject": of.headline,
        "entry": of,
        "due_at": due,
        "published_at": due + timedelta(seconds=3),
        "updated_at": due + timedelta(seconds=3),
    }
    return Issue(**(given | fields))


def feed(*issues: Issue, **fields: object) -> Feed:
    """Return a feed of *issues*, newest first."""
    given: dict[str, object] = {
        "edition": EDITION,
        "publisher": PUBLISHER,
        "links": LINKS,
        "title": EDITION.title,
        "issues": issues,
        "updated": max((each.updated_at for each in issues), default=datetime(2024, 1, 1, 6, tzinfo=UTC)),
    }
    return Feed(**(given | fields))


def one_of_everything() -> Feed:
    """Return a feed with a quote, a corrected, a withdrawn, a rerun and a caught-up issue."""
    attacked = entry(
        latitude=32.1194,
        longitude=20.0868,
        killed=33,
        killed_most=41,
        injured=80,
        injured_at_least=True,
        toll_note="not counting the attackers",
        content_note="Describes an attack on worshippers.",
        ideology="jihadist",
        tags=("place-of-worship",),
        groups=(
            NamedGroup(slug="islamic-state", name="Islamic State", attribution=Attribution.SUSPECTED),
            NamedGroup(slug="al-qaeda", name="al-Qaeda", attribution=Attribution.DISPUTED),
        ),
        claimed=False,
        body="Two car bombs went off outside a mosque in *Benghazi*.[^1] The second came as helpers arrived.[^2]\n\n"
        "The [city](https://city.example.org/) mourned.[^1]",
        sources=(SOURCE, Source(raw="Report of the court, 2019", url="https://court.example.org/7")),
    )
    spoken = entry(
        "a-speech",
        kind=Kind.QUOTE,
        headline="A leader calls for attacks on markets & schools <again>",
        body="In a recorded speech, the leader said:[^1]\n\n> “They shall have no rest.”\n>\n> “None.”\n\n"
        "Two weeks later a market was attacked.",
        speaker="A. Leader",
        speaker_role="head of a group",
        event_date=PartialDate(2014, 1),
        country="ML",
        place=None,
        sources=(Source(raw="Speech, audio, January 2014"),),
    )
    corrected_at = datetime(2024, 1, 5, 9, 30, tzinfo=UTC)
    fix = Correction(
        entry="benghazi-2018",
        headline=attacked.headline,
        corrected_at=corrected_at,
        note="An earlier version gave the year as 2019",
        changes=(Change(field="event_date", was="2019-01-23", now="2018-01-23"),),
    )
    slip = Correction(entry="a", headline="h", corrected_at=corrected_at, note="A typing mistake", slip=True)
    gone = Withdrawal(
        withdrawn_at=datetime(2024, 1, 5, 10, tzinfo=UTC), notice="This entry named a person wrongly.\n\nWe are sorry."
    )
    siege = entry("a-siege", headline="A three-day siege", event_end=PartialDate(2018, 1, 25), sources=())
    return feed(
        issue(5, entry("again"), rule=Rule.RERUN),
        issue(4, attacked, corrections=(fix, slip), updated_at=corrected_at),
        issue(3, entry("wrong", headline="Jane Doe did it"), state=IssueState.WITHDRAWN, withdrawal=gone,
              updated_at=gone.withdrawn_at),
        issue(2, spoken, caught_up=True, published_at=datetime(2024, 1, 4, 17, tzinfo=UTC)),
        issue(1, siege),
    )  # fmt: skip


#: What people who mean harm, and what careless programs, put into text.
SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src='//evil.example/'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example/)",
    "[x](/admin)",
    "[x](\\\\evil.example)",
    "[x](https:evil)",
    '[x](<https://e.example/"onmouseover=alert(1)>)',
    '[x](https://e.example "title\' onclick=alert(1)")',
    "![x](https://e.example/p.png)",
    "<style>*{display:none}</style>",
    "<p style='position:fixed'>x</p>",
    "]]><x/>",
    "<!-- -->",
    "&lt;script&gt; &amp;lt;script&amp;gt; &nbsp; &bogus;",
    '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    "</section></div></content>",
)  # fmt: skip


#: What people type who know HTML, where a headline or a name is asked for.
REFERENCES = "&amp; &lt; &#60; &nbsp; &copy; &bogus; &#x26; &eacute"
#: Addresses as browsers show them: right to left, hosts of other scripts, and what no URI may hold.
ADDRESSES = (
    "https://example.org/فارسی",
    "https://example.org/עברית?ש=א#ב",
    "https://example.org/ܣܘܪܝܝܐ/ދިވެހި",
    "https://مثال.إختبار/",
    "https://straße.example:8080/ß",
    "https://[2001:db8::1]/a[1]|b%zz%41#a#b",
)


def hostile() -> Feed:
    """Return a feed of everything that has broken feeds: cleaned as it is on its way into the archive."""
    dirty = clean("".join(map(chr, range(1, 0xA0))) + "\ud800\ufffe\uffff\u200b\u202e\u2028zwnj:\u200c")
    xss = "\n\n".join(SCRIPTS) + "\n\n" + "\n\n".join("> " + each for each in SCRIPTS)
    many = tuple(
        Source(raw=f"Report {number}", title=f"Report <{number}> & more", url=f"https://s.example/{number}?a=1&b={2}|é")
        for number in range(1, 301)
    )
    entries = [
        entry("controls", headline=clean_title(dirty), body=dirty, place=clean_title(dirty)),
        entry("ampersands", headline="Bombs & <b>bullets</b> &amp; \"more\" 'here' ]]> <",
              body="a & b < c > d &lt;e&gt;"),
        entry("arabic", headline="هجوم على مسجد في بنغازي", body="انفجرت سيارتان.[^1]\n\n> «اقتباس»", language="ar"),
        entry("emoji", headline="Flags 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and 👩‍👩‍👧‍👦 in a post", kind=Kind.POST, body="> 🏳️‍🌈 👩🏽‍🚒"),
        entry("sinhala", headline="ශ්‍රී ලංකාවේ ප්‍රහාරය", body="ශ්‍රී ලංකාව", language="si"),
        entry("sources", headline="Three hundred sources", sources=many,
              body=" ".join(f"A claim.[^{number}]" for number in [*range(1, 301), 0, 301, 9999, 1, 1])),
        entry("y1970", headline="An attack on the first day of 1970", event_date=PartialDate(1970, 1, 1)),
        entry("y0070", headline="The year 70", event_date=PartialDate(70), latitude=-0.0000001, longitude=180.0),
        entry("xss", headline="Scripts <script>alert(1)</script>", body=xss, content_note=SCRIPTS[0], place=SCRIPTS[1],
              speaker=SCRIPTS[2], toll_note=SCRIPTS[3], tags=("a-tag",), sources=tuple(Source(raw=s) for s in SCRIPTS)),
        entry("long", headline="A body of a megabyte", body=("word & <word> *so* " * 60_000)[:1_000_000]),
        entry("references", headline=REFERENCES, groups=tuple(
            NamedGroup(slug=f"group-{number}", name=name, attribution=Attribution.CLAIMED)
            for number, name in enumerate(("<b>Bold</b>", "A &amp; B", "C & D", "E</b>", "F&#38;G"))
        )),
        entry("addresses", headline="Addresses in other scripts",
              sources=tuple(Source(raw=address, url=address) for address in ADDRESSES)),
        entry("empty", headline="Nothing but marks", body="[^1][^2]", event_date=None,
              country=None, place=None, sources=()),
    ]  # fmt: skip
    numbered = list(enumerate(entries, 1))[::-1]
    notes = [
        Correction(entry="xss", headline="h", corrected_at=datetime(2024, 2, 1, tzinfo=UTC), note=text)
        for text in SCRIPTS
    ]
    return feed(
        issue(
            len(entries) + 1,
            entry("gone"),
            state=IssueState.WITHDRAWN,
            withdrawal=Withdrawal(withdrawn_at=datetime(2024, 2, 1, tzinfo=UTC), notice="\n\n".join(SCRIPTS)),
        ),
        *(issue(number, each, corrections=tuple(notes) if each.slug == "xss" else ()) for number, each in numbered),
        title=f"Dose & <Co> {REFERENCES}",
        description=f"a & b < c {REFERENCES}",
        publisher=replace(PUBLISHER, sender=f'"{REFERENCES}" <dose@example.org>', rights=f"<b>CC</b> {REFERENCES}"),
    )


def clean_title(text: str) -> str:
    """Return *text* as a headline: one line of at most 90 characters."""
    return " ".join(text.split())[:90]


def long_feed(count: int) -> Feed:
    """Return a feed of *count* issues of plausible length."""
    text = (
        "On a Tuesday evening two car bombs went off outside a mosque as people left the prayer.[^1] "
        "The second came when helpers had arrived. *No one* claimed it, and a court later said who had "
        "[paid](https://court.example.org/) for it.[^2]\n\n> “We saw the light first,” a neighbour said."
    )
    sources = (SOURCE, Source(raw="Report of the court, 2019", url="https://court.example.org/7"))
    return feed(
        *(
            issue(number, entry(f"entry-{number}", body=text, sources=sources, killed=number, injured=3))
            for number in range(count, 0, -1)
        )
    )
