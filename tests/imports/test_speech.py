"""Who spoke, in what capacity and when, and whether a text gives words at all."""

import pytest

from newsletter.imports.speech import attribution_of, kind_of, speaker_in


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Anwar Example, Yemeni-American cleric, Date Undetermined", ("Anwar Example", "Yemeni-American cleric", None)),
        (
            "Abu Example al-Halabi, founder, leader of the Front, July 2014",
            ("Abu Example al-Halabi", "founder, leader of the Front", "2014-07"),
        ),
        ("Martin Example, Jr., minister, 1963", ("Martin Example, Jr.", "minister", "1963")),
        (
            "Mullah Omar, leader of the Taliban in Kandahar, Afghanistan, 2001",
            ("Mullah Omar", "leader of the Taliban in Kandahar, Afghanistan", "2001"),
        ),
        (
            "Hassan Example, Secretary-General of Hezbollah, Lebanon, May 2000",
            ("Hassan Example", "Secretary-General of Hezbollah, Lebanon", "2000-05"),
        ),
        ("M. K., member of Golden Dawn, circa May 2012", ("M. K.", "member of Golden Dawn", "2012-05")),
        ("Martin Example Jr., reverend, 2004", ("Martin Example Jr.", "reverend", "2004")),
        (
            "Omar Example, “the Blind Sheikh,” spiritual leader of the Front, 1990",
            ("Omar Example", "“the Blind Sheikh,” spiritual leader of the Front", "1990"),
        ),
        (
            "Omar Example, Boston Marathon bombings suspect, 2013",
            ("Omar Example", "Boston Marathon bombings suspect", "2013"),
        ),
        (
            "Izz ad-Din al-Qassam Brigades, Hamas’s military wing, July 9, 2014",
            ("Izz ad-Din al-Qassam Brigades", "Hamas’s military wing", "2014-07-09"),
        ),
        (
            "Al-Qaeda in the Islamic Maghreb, communiqué, 2013",
            ("Al-Qaeda in the Islamic Maghreb", "communiqué", "2013"),
        ),
        ("Omar Abdel-Rahman, the “Blind Sheikh,” January 1993", ("Omar Abdel-Rahman", "the “Blind Sheikh”", "1993-01")),
        (
            "Omar Example, founder, leader, and voice of the Front, 1990",
            ("Omar Example", "founder, leader, and voice of the Front", "1990"),
        ),
        ("(Omar Example, leader of the Front, May 2004)", ("Omar Example", "leader of the Front", "2004-05")),
        ("Omar Example (leader of the Front), May 2004", ("Omar Example", "leader of the Front", "2004-05")),
        ("Omar Example, leader of the Front, in a video, 2004", ("Omar Example", "leader of the Front", "2004")),
        ("“Never.” Omar Example, leader of the Front, May 2004", None),
        ("Foreign Fighters, Returnees, and Recidivism, 2016", None),
        ("Boko Haram, ISIS, and the Sahel, 2015", None),
        ("Boko Haram, ISIS, 2015", None),
        ("Muslim Brotherhood, Egypt and beyond, 2013", None),
        ("The Proud Boys, a profile, 2020", None),
        ("Hezbollah, Iran’s proxy, 2012", ("Hezbollah", "Iran’s proxy", "2012")),
        ("Mali, a Chronology, 2012", None),
        ("Paris Attacks, Aftermath, November 2015", None),
        ("Westgate Mall, Nairobi, Kenya, September 2013", None),
        ("Paris, France, November 2015", None),
        ("Attack in Nice, France, July 2016", None),
        ("The Rise of the Front, a timeline, 2014", None),
        ("Islamist Takeover in Mali", None),
    ],
)
def test_titles_say_who_spoke_in_what_capacity_and_when(line, expected):
    said = attribution_of(line)

    assert (said and (said.speaker, said.role, said.dated and str(said.dated))) == expected


@pytest.mark.parametrize(
    ("where", "posted"),
    [
        ("on Twitter", True),
        ("Facebook", True),
        ("in a Facebook post", True),
        ("posted on his Telegram channel", True),
        ("in a tweet", True),
        ("in a video message", False),
    ],
)
def test_where_it_was_said_is_no_role(where, posted):
    said = attribution_of(f"Omar Example, fighter of the Front, {where}, December 16, 2014")

    assert (said.speaker, said.role, str(said.dated), said.posted) == (
        "Omar Example",
        "fighter of the Front",
        "2014-12-16",
        posted,
    )


def test_who_posted_something_needs_no_role():
    said = attribution_of("Omar Example, on Twitter, December 16, 2014")

    assert (said.speaker, said.role, said.posted) == ("Omar Example", None, True)


@pytest.mark.parametrize(
    ("text", "kind", "speaker", "role"),
    [
        (
            "“We will fight to the last one,” said Anwar Example, a cleric in Yemen.",
            "quote",
            "Anwar Example",
            "cleric in Yemen",
        ),
        ("Anwar Example, a cleric, said, “It is what it always was.”", "quote", "Anwar Example", "cleric"),
        (
            "In January 2014, the group’s spokesman, Abu Example, wrote on Telegram, “The day has come.”",
            "post",
            "Abu Example",
            "group’s spokesman",
        ),
        ("He posted on Facebook: “This is my last post, farewell to all of you.”", "post", None, None),
        ("On May 3, 2012, a man shouted “Allahu akbar” and stabbed two people in Nice, France.", "fact", None, None),
        (
            "“Death to America!” shouted gunmen as they killed three people in Sana’a, Yemen, on May 3, 2012.",
            "fact",
            None,
            None,
        ),
        (
            "“We go on,” said Omar Example, the leader of the Front, in a video released on December 10, 2013.",
            "quote",
            "Omar Example",
            "leader of the Front",
        ),
        (
            "“We shall go on,” declared Ayman Example in an audio recording of May 2013.",
            "quote",
            "Ayman Example",
            None,
        ),
        (
            "Hamas official M. al-Example, speaking on Al Jazeera in May 2010, said, “We go on as long as it takes.”",
            "quote",
            "M. al-Example",
            "Hamas official",
        ),
        *(
            (f"On August 14, 2006, {role} {name} said, “We go on as long as it takes.”", "quote", name, plain or role)
            for role, name, plain in (
                ("Hezbollah Secretary-General", "Hassan Example", None),
                ("Hamas Interior Minister", "Fathi Example", None),
                ("Iranian President", "Mahmoud Example", None),
                ("Hamas Prime Minister", "Ismail Example", None),
                ("Iran’s Supreme Leader", "Ali Example", None),
                ("AQAP’s", "Nasir al-Example", "AQAP"),
            )
        ),
        ("“We go on,” said Iranian President Mahmoud Example.", "quote", "Mahmoud Example", "Iranian President"),
        ("“We shall go on,” said a cleric in Yemen.", "quote", None, None),
        ("“We shall go on,” said Omar Example, in a video of May 2013.", "quote", "Omar Example", None),
        ("The group released a video on Twitter of the killing of 21 people.", "fact", None, None),
        ("A bomb killed 12 people in March. A witness said, “It was terrible.”", "fact", None, None),
    ],
)
def test_a_text_gives_words_or_an_account(text, kind, speaker, role):
    said = speaker_in(text) if kind != "fact" else None

    assert (kind_of(text), said and said.speaker, said and said.role) == (kind, speaker, role)
