"""Entries and issues to look at: one of everything that a page, a mail or the box has to set."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from newsletter.facets import Facet, Value
from newsletter.models import (
    Change,
    Correction,
    Edition,
    Entry,
    Issue,
    IssueState,
    Publisher,
    Rule,
    Schedule,
    Withdrawal,
)
from newsletter.render.links import Links
from newsletter.render.squares import Line, Year
from newsletter.shapes import entry_of

TODAY = date(2026, 11, 22)
LINKS = Links("https://dose.example.org")
PUBLISHER = Publisher(
    base_url="https://dose.example.org",
    contact="editors@example.org",
    sender="Daily Dose <dose@example.org>",
    rights="Text: CC BY 4.0. Quotations remain their speakers’ own.",
    postal_address="Daily Dose, 1 Example Street, Example City",
    bounce_domain="bounce.example.org",
)
EDITION = Edition(
    slug="daily-dose",
    title="Daily Dose",
    language="en",
    schedules=(Schedule(from_day=date(2025, 11, 22), zone=ZoneInfo("UTC"), time=time(6)),),
    since=date(2025, 11, 22),
)
WHOSE = {"edition": EDITION, "publisher": PUBLISHER, "links": LINKS}


def _entry(**shape: object) -> Entry:
    return entry_of({"status": "ready", **shape}, uid=uuid5(NAMESPACE_URL, str(shape["headline"])))


FACT = _entry(
    slug="worshippers-killed-by-two-car-bombs-at-a-benghazi-mosque-2018",
    kind="fact",
    headline="Worshippers killed by two car bombs at a Benghazi mosque",
    body=(
        "People were leaving the evening prayer at the Baiat al-Radwan mosque in Benghazi when a car bomb went off. "
        "A second exploded when rescuers and onlookers had gathered.[^1]\n\n"
        "Reports put the dead between 33 and 41, and the injured at about 80. No group claimed the attack.[^2]"
    ),
    event_date="2018-01-23",
    country="LY",
    place="Benghazi",
    claimed=False,
    killed=33,
    killed_most=41,
    injured=80,
    content_note="Describes an attack on worshippers.",
    sources=[
        {
            "title": "Benghazi: twin car bombing leaves dozens dead",
            "publisher": "The Guardian",
            "published": "2018-01-24",
            "url": "https://www.theguardian.example/world/2018/jan/24/benghazi-twin-car-bombing",
        },
        {
            "author": "A. Reporter",
            "title": "January in Benghazi",
            "publisher": "Libya Security Monitor",
            "published": "2018-01-30",
            "url": "https://libya.example/monitor/2018/01/30?section=east&page=2",
        },
    ],
)
CORRECTION = Correction(
    entry=FACT.slug,
    headline=FACT.headline,
    corrected_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    note="The bombing was in 2018, not in 2019 as we printed",
    changes=(Change(field="event_date", was="2019-01-23", now="2018-01-23"),),
)
AGAIN = Correction(
    entry=FACT.slug,
    headline=FACT.headline,
    corrected_at=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
    note="Reports put the dead between 33 and 41; we printed the lowest figure alone",
    changes=(Change(field="killed_most", was=None, now="41"),),
)
SLIP = Correction(
    entry=FACT.slug,
    headline=FACT.headline,
    corrected_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    note="the name of the mosque is now spelt as its own sign has it",
    slip=True,
)
QUOTE = _entry(
    slug="bin-laden-on-the-killing-of-civilians-1998",
    kind="quote",
    headline="Osama bin Laden rejects any line between soldiers and civilians",
    body=(
        "Three months before the embassy bombings in Nairobi and Dar es Salaam, an American reporter asked him "
        "about civilians.[^1]\n\n"
        "> “We do not have to differentiate between military or civilian. As far as we are concerned, "
        "they are all targets.”\n\n"
        "The bombings of 7 August killed 224 people, most of them Kenyans on their way to work."
    ),
    event_date="1998-05-28",
    country="AF",
    speaker="Osama bin Laden",
    speaker_role="leader of al-Qaeda",
    groups=[{"name": "al-Qaeda", "attribution": "attributed"}],
    sources=[
        {
            "author": "John Miller",
            "title": "Greetings, America. My Name Is Osama bin Laden",
            "publisher": "ABC News",
            "published": "1998-05",
            "url": "https://abcnews.example/interviews/1998/05/28",
        }
    ],
)
POST = _entry(
    slug="a-call-to-attack-at-home-2016",
    kind="post",
    headline="A spokesman tells followers who cannot travel to attack at home",
    body="The message was posted on the eve of Ramadan.\n\n> “The smallest act you do in their lands is more beloved "
    "to us than the biggest act done here.”\n\nIn the weeks that followed, attackers in four countries referred "
    "to it.[^1]",
    event_date="2016-05",
    speaker="Abu Muhammad al-Adnani",
    speaker_role="spokesman of Islamic State",
    groups=[{"name": "Islamic State", "attribution": "claimed"}],
    sources=[{"raw": "“A call in Ramadan,” Example Monitor, 22 May 2016", "url": "https://monitor.example/2016/05/22"}],
)
ARABIC = _entry(
    slug="هجوم-على-مسجد-الروضة-2017",
    kind="fact",
    headline="مقتل أكثر من ثلاثمئة مصلٍّ في مسجد الروضة شمال سيناء",
    body=(
        "فتح مسلحون النار على المصلين بعد تفجير داخل مسجد الروضة في بئر العبد أثناء صلاة الجمعة.[^1] "
        "وكان بين القتلى أطفال جاؤوا مع آبائهم.\n\n"
        "حمل المهاجمون راية تنظيم الدولة الإسلامية (Islamic State) بحسب النيابة العامة، ولم يعلن أحد مسؤوليته.[^2]"
    ),
    event_date="2017-11-24",
    country="EG",
    place="بئر العبد",
    language="ar",
    killed=311,
    injured=122,
    injured_at_least=True,
    claimed=False,
    content_note="يصف قتل أطفال.",
    groups=[{"name": "Islamic State – Sinai Province", "attribution": "attributed"}],
    sources=[
        {
            "title": "ارتفاع عدد قتلى هجوم مسجد الروضة",
            "publisher": "صحيفة المثال",
            "published": "2017-11-25",
            "url": "https://arabic.example/2017/11/25/rawda",
        },
        {"title": "Egypt mosque attack: what is known", "publisher": "Example News", "published": "2017-11-27"},
    ],
)
TWELVE_SOURCES = _entry(
    slug="commuters-killed-on-four-trains-in-madrid-2004",
    kind="fact",
    headline="Commuters killed on four trains in Madrid, three days before a general election",
    body=(
        "Ten bombs went off within minutes on four commuter trains bound for Atocha station.[^1][^2] Students, "
        "cleaners and office workers of 17 nations were among the dead.[^3]\n\n"
        "The government first named ETA.[^4] The courts found a cell inspired by al-Qaeda responsible: "
        "21 people were convicted in 2007,[^5][^6] four of them cleared on appeal.[^7]\n\n"
        "*The judgment* left open who gave the order.[^8] Memorials stand at [Atocha](https://madrid.example/atocha) "
        "and El Pozo;[^9][^10] every year the names are read aloud.[^11][^12]"
    ),
    event_date="2004-03-11",
    country="ES",
    place="Madrid",
    killed=193,
    injured=2000,
    injured_at_least=True,
    toll_note="a policeman who died in the raid that followed is counted",
    groups=[
        {"name": "al-Qaeda", "attribution": "disputed"},
        {"name": "ETA", "attribution": "suspected"},
    ],
    sources=[
        {
            "author": f"Author {number}",
            "title": f"Madrid, report no. {number}",
            "publisher": "Example Review",
            "published": f"20{number + 3:02}",
            "url": f"https://review.example/reports/2004-03-11/part-{number}/a-rather-long-address-that-has-to-wrap",
        }
        for number in range(1, 13)
    ],
)
REPORT = _entry(
    slug="islamist-takeover-in-mali",
    kind="report",
    headline="Islamist Takeover in Mali",
    body="Al Jazeera reported that AQIM was operating under the umbrella of Ansar al-Dine.[^1]",
    sources=[{"raw": "May Ying Welsh, “Making Sense of Mali’s Armed Groups,” Al Jazeera, January 17, 2013"}],
)
WITHDRAWAL = Withdrawal(
    withdrawn_at=datetime(2026, 11, 21, 15, 0, tzinfo=UTC),
    notice="The issue named a person whom a court has since cleared. We are sorry.\n\nThe entry is being rewritten.",
)


def issue_of(entry: Entry, day: date = TODAY, **fields: object) -> Issue:
    """Return *day*'s issue with *entry*, published a moment after 06:00 UTC, with *fields* of its own."""
    due = datetime.combine(day, time(6), UTC)
    given: dict[str, object] = {
        "uid": uuid5(NAMESPACE_URL, f"issue of {day}"),
        "edition": EDITION.slug,
        "day": day,
        "number": (day - EDITION.since).days + 1,
        "state": IssueState.WITHDRAWN if fields.get("withdrawal") else IssueState.PUBLISHED,
        "rule": Rule.ROTATION,
        "reason": "rotation: never published",
        "subject": entry.headline,
        "entry": entry,
        "due_at": due,
        "published_at": due + timedelta(seconds=3),
        "updated_at": due + timedelta(seconds=3),
    }
    return Issue(**(given | fields))


ISSUE = issue_of(FACT, corrections=(CORRECTION, SLIP))
WITHDRAWN = issue_of(FACT, TODAY - timedelta(days=1), withdrawal=WITHDRAWAL)

#: A week of one of each, the last of them corrected.
WEEK = [
    issue_of(entry, TODAY - timedelta(days=6 - number))
    for number, entry in enumerate((QUOTE, TWELVE_SOURCES, POST, FACT, TWELVE_SOURCES, QUOTE))
]
WEEK.append(issue_of(FACT, rule=Rule.RERUN, corrections=(AGAIN, SLIP)))


#: Years and countries with their counts.
YEARS = [
    Value(facet=Facet.YEAR, slug=f"{year:04}", count=count)
    for year, count in ((979, 1), (1998, 40), (2017, 7), (2018, 200))
]
COUNTRIES = [
    Value(facet=Facet.COUNTRY, slug=code, count=count)
    for code, count in (("LY", 200), ("AF", 41), ("IL", 12), ("PS", 12), ("LB", 9), ("BH", 3), ("MT", 1), ("SJ", 1))
]


def lines(first: date, last: date) -> list[Line]:
    """Return a line for each day from *first* to *last*, but for the 13th of each month; the 9th is withdrawn."""
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        entry = (FACT, TWELVE_SOURCES, QUOTE, FACT, POST, FACT, TWELVE_SOURCES)[(number * number + number // 5) % 7]
        if day.day == 9:
            found.append(Line(day=day))
        elif day.day != 13:
            found.append(Line(day=day, kind=entry.kind, headline=entry.headline))
    return found


def every_page() -> dict[str, str]:
    """Return every kind of page by a name for it."""
    from newsletter.render import absence, box, embedding, leaving, pages, ways

    yesterday = Line.of(issue_of(QUOTE, TODAY - timedelta(days=1)))
    tomorrow = Line.of(issue_of(TWELVE_SOURCES, TODAY + timedelta(days=1)))
    around = {"previous": yesterday, "next": tomorrow}
    this_year = lines(date(2026, 1, 1), TODAY)
    november = [line for line in this_year if line.day.month == 11]
    years = [
        Year(year=2026, counts=(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 22, 0)),
        Year(year=2025, counts=(0,) * 10 + (9, 31)),
    ]
    return {
        "front": pages.front_page(ISSUE, **WHOSE, previous=yesterday, same_day=[TWELVE_SOURCES]),
        "front-quote": pages.front_page(issue_of(QUOTE), **WHOSE, previous=yesterday),
        "front-empty": pages.front_page(None, **WHOSE),
        "front-withdrawn": pages.front_page(issue_of(FACT, withdrawal=WITHDRAWAL), **WHOSE, previous=yesterday),
        "issue": pages.issue_page(ISSUE, **WHOSE, **around, same_day=[TWELVE_SOURCES]),
        "issue-quote": pages.issue_page(issue_of(QUOTE), **WHOSE, **around),
        "issue-post": pages.issue_page(issue_of(POST, rule=Rule.RERUN), **WHOSE),
        "issue-sources": pages.issue_page(issue_of(TWELVE_SOURCES), **WHOSE, **around),
        "issue-arabic": pages.issue_page(issue_of(ARABIC), **WHOSE, **around),
        "issue-withdrawn": pages.issue_page(WITHDRAWN, **WHOSE, **around),
        "entry": pages.entry_page(
            FACT,
            **WHOSE,
            corrections=[CORRECTION, AGAIN, SLIP],
            issues=november[8:6:-1],
            same_day=[TWELVE_SOURCES],
            around=(ARABIC, POST),
        ),
        "entry-report": pages.entry_page(REPORT, **WHOSE),
        "archive": pages.archive_page(years, **WHOSE, latest=november[:-8:-1]),
        "archive-empty": pages.archive_page([], **WHOSE),
        "year": pages.year_page(2026, this_year, **WHOSE, today=TODAY, previous=2025),
        "month": pages.month_page(date(2026, 11, 1), november, **WHOSE, today=TODAY, previous=date(2026, 10, 1)),
        "on": pages.on_this_day_page(1, 23, [FACT, QUOTE, ARABIC, REPORT], **WHOSE),
        "on-empty": pages.on_this_day_page(2, 29, [], **WHOSE),
        "corrections": pages.corrections_page([CORRECTION, SLIP], **WHOSE),
        "corrections-empty": pages.corrections_page([], **WHOSE),
        "about": pages.about_page(**WHOSE),
        "timeline": ways.timeline_page(YEARS, 3, **WHOSE),
        "timeline-year": ways.timeline_year_page(2018, [FACT], [(2018, 1, 101)], **WHOSE, around=(2017, None)),
        "timeline-undated": ways.timeline_year_page(None, [REPORT], [(0, 0, 1)], **WHOSE),
        "timeline-empty": ways.timeline_page([], 0, **WHOSE),
        "map": ways.map_page(COUNTRIES, **WHOSE),
        "map-empty": ways.map_page([], **WHOSE),
        "embed": embedding.embed_page(ISSUE, **WHOSE),
        "not-found": absence.not_found_page(**WHOSE),
        "gone": absence.gone_page(WITHDRAWAL, **WHOSE),
        "problem": absence.problem_page("Something went wrong on our side", ["Please try again."], **WHOSE),
        "unsubscribe": leaving.leaving_page("ask", **WHOSE),
        "unsubscribed": leaving.leaving_page("left", **WHOSE),
        "box": box.box_page(ISSUE, **WHOSE),
        "box-quote": box.box_page(issue_of(QUOTE), **WHOSE),
        "box-arabic": box.box_page(issue_of(ARABIC), **WHOSE),
        "box-empty": box.box_page(None, **WHOSE),
    }


def arabic_front() -> str:
    """Return the front page of an edition in Arabic."""
    from newsletter.render import pages

    edition = Edition(slug="ar", title="جرعة اليوم", language="ar", schedules=EDITION.schedules, since=EDITION.since)
    links = Links(LINKS.base_url, edition="ar")
    return pages.front_page(issue_of(ARABIC), edition=edition, publisher=PUBLISHER, links=links)
