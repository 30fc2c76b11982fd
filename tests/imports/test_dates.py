"""When prose says that something happened, and where it can't be told."""

import pytest

from newsletter.imports.dates import whole_date
from newsletter.imports.names import sentences
from newsletter.imports.occasions import event_date, words_date


def first(text):
    found = event_date(sentences(text))
    return found and str(found.first)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("On January 23, 2019, two bombs exploded.", "2019-01-23", None),
        ("On Wednesday, January 23rd, 2019, two bombs exploded.", "2019-01-23", None),
        ("Since May 2013, and on March 4, 2014, they fought.", "2014-03-04", None),
        ("In January 2014, the front fell.", "2014-01", None),
        ("In late 2014 the front fell.", "2014", None),
        ("On 5 March 2012 it rained. On May 1, 2013, it stopped.", "2012-03-05", None),
        ("The siege of November 26–29, 2008, was long.", "2008-11-26", "2008-11-29"),
        ("From December 30 to January 2, 2015, they waited.", "2014-12-30", "2015-01-02"),
        ("From December 30, 2014, to January 2, 2015, they fought.", "2014-12-30", "2015-01-02"),
        ("From 30 December 2014 to 2 January 2015 they fought.", "2014-12-30", "2015-01-02"),
        ("Two years after the attack of June 1, 2010, militants struck on May 3, 2012.", "2012-05-03", None),
        ("Militants struck after the vote of May 3, 2012.", "2012-05-03", None),
        ("On Sept. 20, 2008, a dump truck blew up.", "2008-09-20", None),
        ("On Dec. 5, 2009, and on Jan. 6, 2010, it rained.", "2009-12-05", None),
        ("On February 30, 2013, nothing happened.", None, None),
        ("On January 23, two bombs exploded.", None, None),
        ("It cost 2013 dollars.", None, None),
        ("In March and April 2012, he killed again.", "2012", None),
        ("In June–July 2012 they fought.", "2012", None),
        ("In April or May 2012 they fought.", "2012", None),
    ],
)
def test_event_dates_are_as_precise_as_the_text(text, first, last):
    found = event_date(sentences(text))

    assert (found and str(found.first), found and found.last and str(found.last)) == (first, last)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("circa 2004", "2004"), ("Sept. 11, 2001", "2001-09-11"), ("Fall 2001", "2001"), ("soon", None)],
)
def test_a_whole_text_may_be_a_date(text, expected):
    found = whole_date(text)

    assert (found and str(found.first)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 2014, Nemmouche shot four people dead in Brussels. In March 2019, he was convicted.", "2014"),
        ("In 1998, al-Qaeda bombed two U.S. embassies. On June 11, 2001, four men were sentenced.", "1998"),
        ("Al-Qaeda bombed two U.S. embassies in 1998. On June 11, 2001, four men were sentenced.", "1998"),
        ("In 1998, al-Qaeda bombed two embassies, for which four men were sentenced on June 11, 2001.", "1998"),
        ("In 2014, a man shot four people dead. He struck on May 24, 2014.", "2014-05-24"),
        ("In 2009, the group attacked the church. On January 1, 2011, gunmen raided it.", None),
        ("In 2014 the front fell.", "2014"),
    ],
)
def test_a_year_that_an_attack_is_told_of_is_not_replaced_by_that_of_a_trial(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A bomb killed 37 people. Umarov claimed it in a video released on February 7, 2011.", None),
        ("A bomb killed 12 people. ISIS claimed the attack of May 3, 2010.", "2010-05-03"),
        ("Two car bombs exploded in Benghazi. A man was convicted on May 3, 2015.", None),
        ("Nemmouche shot four people dead. In 2019, he was convicted.", None),
    ],
)
def test_a_claim_or_a_trial_does_not_date_the_attack_told_of_before(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The bomber, who had been released on March 3, 2010, killed 12 people in Baghdad, Iraq, on May 8, 2011.",
            "2011-05-08",
        ),
        ("The bomber, released on March 3, 2010, killed 12 people in Baghdad, Iraq, on May 8, 2011.", "2011-05-08"),
        ("The bomber, who was released on March 3, 2010, killed 12 people in Baghdad, Iraq.", None),
        ("The bomb, which exploded on May 3, 2010, killed 12.", "2010-05-03"),
        ("Born on May 3, 1975, he killed 12 people.", None),
        ("Born in Kabul, Afghanistan, on May 3, 1975, he killed 12 people on June 3, 2009.", "2009-06-03"),
        ("Born in 1975, he killed 12 people.", None),
        ("Four gunmen who had trained in Yemen attacked a mall on September 21, 2013.", "2013-09-21"),
        ("Hamas, founded in December 1987, killed 30 people on March 27, 2002.", "2002-03-27"),
        ("ISIS released a video on August 19, 2014, showing a murder.", "2014-08-19"),
        ("An American-born gunman attacked Kabul on May 3, 2010.", "2010-05-03"),
        ("Released in March 2010, he killed 12 people on May 8, 2011.", "2011-05-08"),
    ],
)
def test_what_is_told_by_the_way_does_not_date_the_event(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Abu Musab al-Zarqawi (October 20, 1966 – June 7, 2006) claimed the bombing of November 9, 2005.",
            "2005-11-09",
        ),
        ("Zarqawi (October 20, 1966 – June 7, 2006) claimed the bombing of three hotels.", None),
        ("Zarqawi (1966–2006) bombed it in 2005.", "2005"),
        ("The siege (November 26, 2008 – November 29, 2008) was long.", "2008-11-26"),
    ],
)
def test_a_lifetime_is_no_event(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "On January 25, a bomber killed 37 people. Umarov claimed it in a video released on February 7, 2011.",
            None,
        ),
        ("On January 25, a suicide bomber killed 37 people in Moscow. On February 7, 2011, another struck.", None),
        (
            "On January 25, a suicide bomber killed 37 people. The attack of January 25, 2011, was claimed.",
            "2011-01-25",
        ),
        ("On January 25 a suicide bomber killed 37 people in Moscow in 2011.", "2011"),
        ("On January 25 and 26, 2011, bombs exploded.", "2011-01-25"),
        ("On Monday, January 24, a bomb exploded. On May 3, 2012, it reopened.", None),
    ],
)
def test_a_day_without_a_year_leaves_no_other_day(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "On the first anniversary of the attack of July 7, 2005, al-Qaeda released a video of one of the bombers.",
            None,
        ),
        ("Two years after the attack of June 1, 2010, militants struck.", None),
    ],
)
def test_the_date_of_an_earlier_event_is_none(text, expected):
    assert first(text) == expected


def test_words_are_dated_by_the_statement_they_are_from():
    found = words_date(sentences("In a video released on February 7, 2011, he spoke of what was to come."))

    assert str(found and found.first) == "2011-02-07"


def test_words_are_not_dated_by_a_lifetime():
    assert words_date(sentences("Abu Example (October 20, 1966 – June 7, 2006) spoke of what was to come.")) is None
