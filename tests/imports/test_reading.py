"""What prose says: places and groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.blame import claimed_in, groups_in
from newsletter.imports.names import sentences
from newsletter.imports.places import place_in
from newsletter.imports.reading import read_event


@pytest.mark.parametrize(
    ("text", "name", "country"),
    [
        ("a mosque in Benghazi, Libya, killing 41 people", "Benghazi", "LY"),
        ("A school in Maiduguri, Borno State, Nigeria, was attacked.", "Maiduguri", "NG"),
        ("Gunmen attacked a market in Tripoli.", "Tripoli", "LY"),
        ("Gunmen attacked a market in the Lebanese city of Tripoli.", "Tripoli", "LB"),
        ("A bomb exploded in Atlanta, Georgia.", "Atlanta", "US"),
        ("A bomb exploded in Tbilisi, Georgia.", "Tbilisi", "GE"),
        ("Gunmen from Syria attacked a concert hall in Brussels.", "Brussels", "BE"),
        ("Islamic State of Iraq and Syria fighters attacked Sirte, Libya.", "Sirte", "LY"),
        ("Militants attacked villages in Nangarhar province, Afghanistan.", "Nangarhar province", "AF"),
        ("Soldiers fell in the town of Baga, in northeastern Nigeria.", "Baga", "NG"),
        ("Attacks in Mali, Niger, and Nigeria went on.", None, "ML"),
        ("French forces fought in northern Mali.", None, "ML"),
        ("A Kenyan court spoke.", None, "KE"),
        ("A bomb exploded in Kuta, on the Indonesian island of Bali.", None, "ID"),
        ("A bomb exploded in Bali.", None, "ID"),
        ("Nothing was said of where.", None, None),
        ("A bomb killed three French soldiers in Nowhere-on-Sea.", None, None),
        ("A truck bomb killed 19 U.S. airmen in Nowhere-on-Sea.", None, None),
        ("An Israeli air strike hit a convoy.", None, None),
        ("On June 14, 1985, they killed one passenger, U.S. Navy diver Robert Example.", None, None),
        ("On May 1, 2011, Israel bombed a convoy.", None, None),
        ("Jordan Smith, a soldier, spoke in Chad’s capital.", None, "TD"),
        ("American tourists were killed in Paris.", "Paris", "FR"),
        ("A bomb exploded on the metro in St. Petersburg, Russia.", "St. Petersburg", "RU"),
        ("A bomb exploded on a Jerusalem bus.", "Jerusalem", "IL"),
        ("They took hostages in a Moscow theater.", "Moscow", "RU"),
        ("A bomber struck outside a Tel Aviv shopping mall.", "Tel Aviv", "IL"),
        ("Gunmen attacked a Lahore hospital.", "Lahore", "PK"),
        ("Gunmen attacked Istanbul’s Ataturk Airport.", "Istanbul", "TR"),
        ("Two bombers struck the Moscow metro in Russia.", "Moscow", "RU"),
        ("A bomb exploded in Kuta, on the island of Bali, Indonesia.", "Kuta", "ID"),
        ("The arrests followed the Madrid train bombings.", None, None),
        ("He fled from a Madrid hotel.", None, None),
        ("Gunmen attacked the Victoria station.", None, None),
        ("Gunmen attacked the Moscow metro.", "Moscow", "RU"),
        ("A Paris man was jailed.", None, None),
        ("Gunmen attacked the New York Times building.", None, None),
        ("Gunmen attacked an Orange shop.", None, None),
        ("Riots in Xinjiang left many dead.", None, "CN"),
        ("On June 30, 2014, Turkey was hit by two bombings.", None, "TR"),
        ("Nigeria: gunmen attacked a bus.", None, "NG"),
        ("A bomb killed four in London, Ontario, on June 6, 2021.", "London", "CA"),
    ],
)
def test_places_go_by_the_country_named_then_by_population(text, name, country):
    fields = read_event(text)

    assert (fields.get("place"), fields.get("country")) == (name, country)


def test_a_known_city_has_coordinates_and_an_unknown_one_has_none():
    assert place_in(["in Benghazi, Libya"]).city.latitude == pytest.approx(32.1, abs=0.2)
    assert place_in(["in Chibok, Nigeria"]).city is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No group claimed responsibility for the blast.", False),
        ("Nobody has claimed responsibility.", False),
        ("There was no immediate claim of responsibility.", False),
        ("The attack went unclaimed.", False),
        ("Al-Shabaab did not claim responsibility.", False),
        ("ISIS claimed responsibility.", True),
        ("The attack was later claimed by ISIS.", True),
        ("Responsibility was claimed by ISIS.", True),
        ("Boko Haram did not claim responsibility. Ansaru later claimed it.", True),
        ("Boko Haram did not claim the attack; Ansaru later claimed it.", True),
        ("Boko Haram said it carried out the attack.", True),
        ("Boko Haram said it was behind the suicide bombing.", True),
        ("The group claimed it was right.", None),
        ("ISIS has yet to claim responsibility.", False),
        ("ISIS failed to claim responsibility.", False),
        ("The Taliban refused to claim the attack.", False),
        ("No one has claimed it so far.", False),
        ("Responsibility was not immediately claimed.", False),
        ("ISIS was expected to claim responsibility.", None),
        ("ISIS may claim responsibility.", None),
        ("ISIS was expected to claim responsibility. It claimed responsibility a day later.", True),
        ("No group claimed responsibility at first; a week later ISIS claimed responsibility.", True),
        ("A bomb exploded.", None),
    ],
)
def test_claims_are_read_with_their_negations(text, expected):
    assert claimed_in(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No group claimed the attack, but remnants suggested an ISIS affiliate.", [("Islamic State", "suspected")]),
        ("ISIS claimed responsibility.", [("Islamic State", "claimed")]),
        ("A court convicted two members of Jemaah Islamiyah.", [("Jemaah Islamiyah", "convicted")]),
        (
            "Officials blamed Boko Haram, but ISIS claimed responsibility.",
            [("Boko Haram", "suspected"), ("Islamic State", "claimed")],
        ),
        (
            "Both Boko Haram and ISIS claimed responsibility.",
            [("Boko Haram", "claimed"), ("Islamic State", "claimed")],
        ),
        (
            "Officials blamed Boko Haram and ISIS claimed responsibility.",
            [("Boko Haram", "suspected"), ("Islamic State", "claimed")],
        ),
        ("Boko Haram said it carried out the attack.", [("Boko Haram", "claimed")]),
        ("Al-Qaeda praised it. ISIS claimed the attack.", [("Islamic State", "claimed")]),
        ("Boko Haram attacked. Boko Haram claimed responsibility.", [("Boko Haram", "claimed")]),
        ("AQIM attacked a hotel.", [("al-Qaeda in the Islamic Maghreb", "attributed")]),
        ("Troops fighting against ISIS advanced.", []),
        ("A car bomb killed senior Hezbollah commander Imad Example. Hezbollah blamed Israel.", []),
        ("A bomb killed three Hamas commanders.", []),
        ("Its troops had killed 1,000 Boko Haram fighters.", []),
        ("It was done by a group that had split from ISIS.", []),
        ("Kataib Hezbollah attacked a base.", [("Kata’ib Hezbollah", "attributed")]),
        ("U.S. forces killed al-Qaeda leader Osama Example.", []),
        ("Iraqi forces retook Fallujah from ISIS.", []),
        ("Gunmen from Boko Haram attacked a village.", [("Boko Haram", "attributed")]),
        ("ISIS militants attacked a Hamas checkpoint, killing two Hamas members.", [("Islamic State", "attributed")]),
        ("A Hamas commander in Gaza was killed.", []),
        ("Twelve people were killed by Boko Haram.", [("Boko Haram", "attributed")]),
        (
            "The government blamed the Haqqani network, while the Taliban denied involvement.",
            [("Haqqani network", "suspected"), ("Taliban", "disputed")],
        ),
        ("Police blamed Boko Haram, but the group denied it.", [("Boko Haram", "disputed")]),
        ("Boko Haram claimed responsibility, not the Taliban.", [("Boko Haram", "claimed")]),
        ("ISIS was expected to claim responsibility.", [("Islamic State", "attributed")]),
        ("The embattled isis of the goddess.", []),
        *(
            (f"Members of {called} attacked a café.", [(name, "attributed")])
            for called, name in (
                ("the Muslim Brotherhood", "Muslim Brotherhood"),
                ("Egyptian Islamic Jihad", "Egyptian Islamic Jihad"),
                ("Hizb ut-Tahrir", "Hizb ut-Tahrir"),
                ("al-Muhajiroun", "al-Muhajiroun"),
                ("the Islamic Movement of Uzbekistan", "Islamic Movement of Uzbekistan"),
                ("the National Thowheeth Jama’ath", "National Thowheeth Jama’ath"),
                ("the Quds Force", "Islamic Revolutionary Guard Corps"),
                ("the IRGC", "Islamic Revolutionary Guard Corps"),
                ("Ahrar al-Sham", "Ahrar al-Sham"),
                ("Ansar Beit al-Maqdis", "Islamic State – Sinai Province"),
                ("Asa’ib Ahl al-Haq", "Asa’ib Ahl al-Haq"),
                ("Ansaru", "Ansaru"),
                ("Golden Dawn", "Golden Dawn"),
                ("the Proud Boys", "Proud Boys"),
                ("the Aryan Nations", "Aryan Nations"),
                ("the English Defence League", "English Defence League"),
            )
        ),
        *(
            (
                f"Ansar Dine, {what} Hezbollah, claimed responsibility.",
                [("Ansar Dine", "claimed"), ("Hezbollah", "attributed")],
            )
            for what in (
                "a precursor to",
                "an ally of",
                "then a splinter of",
                "a local affiliate of",
                "a group loyal to the",
                "led by a former commander of",
            )
        ),
        ("Ansar Dine, a faction that split from Hezbollah, claimed responsibility.", [("Ansar Dine", "claimed")]),
        (
            "Ansar Dine, a rival of the Taliban and Hezbollah, claimed responsibility.",
            [("Ansar Dine", "claimed"), ("Taliban", "attributed"), ("Hezbollah", "attributed")],
        ),
        ("An unknown group, a precursor to Hezbollah, claimed responsibility.", [("Hezbollah", "attributed")]),
    ],
)
def test_groups_are_named_on_the_strongest_ground(text, expected):
    assert [(group.name, str(group.attribution)) for group in groups_in(sentences(text))] == expected


PIECES = (
    "one|hundred|and|five|million|twenty-one|dozen|a|41|1,000|33-41|killed|injured|killing|people|were|between"
    "|at least|,|.|no"
)
WORDS = st.lists(st.sampled_from(PIECES.split("|")), max_size=25).map(" ".join)


@given(WORDS | st.text(max_size=120))
def test_no_prose_makes_reading_raise(text):
    fields = read_event(text)

    assert fields.get("killed", 0) >= 0
    assert fields.get("killed_most", 10**9) > fields.get("killed", 0)
