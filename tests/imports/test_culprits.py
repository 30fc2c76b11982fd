"""Which groups prose names as those who did it, and on what ground."""

import pytest

from newsletter.imports.blame import groups_in
from newsletter.imports.names import sentences
from newsletter.imports.reading import read_event, read_report, read_words


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
            (f"Ansar Dine, {what} Hezbollah, claimed responsibility.", [("Ansar Dine", "claimed")])
            for what in (
                "an enemy of",
                "a partner of",
                "an opponent of the",
                "a competitor of",
                "a local movement of men with roots in",
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
            [("Ansar Dine", "claimed")],
        ),
        ("An unknown group, a precursor to Hezbollah, claimed responsibility.", []),
        ("Ansar Dine, an al-Qaeda-linked group, claimed responsibility.", [("Ansar Dine", "claimed")]),
        ("Omar Example, a commander of Boko Haram, claimed responsibility.", [("Boko Haram", "claimed")]),
        ("Al-Qaeda’s affiliate claimed responsibility.", []),
        ("An al-Qaeda affiliate claimed responsibility.", []),
        ("Gunmen attacked a bank, and LeT claimed responsibility.", [("Lashkar-e-Taiba", "claimed")]),
        ("They let five go.", []),
    ],
)
def test_groups_are_named_on_the_strongest_ground(text, expected):
    assert [(group.name, str(group.attribution)) for group in groups_in(sentences(text))] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Two members of Hamas were killed when a bomb exploded.",
        "A member of the Proud Boys was shot dead.",
        "A Taliban member was killed.",
        "Two Hezbollah fighters and three civilians were killed by a bomb.",
        "A bomb killed five people at a Muslim Brotherhood rally.",
        "A bomb near a Hamas checkpoint killed five.",
        "A bomb killed the brother of a Hamas leader.",
        "A car bomb exploded in a Hezbollah stronghold, killing 12 people.",
        "A bomb exploded in the Houthi-held city.",
        "A bomb exploded at the Taliban-run ministry.",
        "A rocket hit a hospital held by the Taliban.",
        "Fighting between Hamas and Fatah killed 50.",
        "A bomb killed 183 people, days after the Taliban had taken the city.",
        "It was the deadliest attack since Boko Haram attacked Baga.",
        "The Houthis later put the toll at 51 dead.",
        "Taliban officials said the bomb killed five.",
        "Hamas, which controls Gaza, did not claim responsibility.",
        "A supporter of Hezbollah attacked a bus.",
        "A former member of the Taliban killed five.",
        "A splinter group of the IRA detonated a car bomb.",
        "Hezbollah supporters attacked a bus.",
        "A bus carrying PKK members exploded.",
        "ISIS released a video of the killing of 21 people.",
        "Hamas held elections.",
        "The army killed two gunmen from Boko Haram.",
        "Gunmen from Boko Haram fled.",
        "An ISIS-inspired gunman killed 49 people.",
    ],
)
def test_victims_hosts_and_speakers_are_no_culprits(text):
    assert groups_in(sentences(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "On May 3, 2010, nineteen Boko Haram gunmen attacked a bank.",
        "On May 3, 2010, members of the militant group Boko Haram attacked a bank.",
        "On May 3, 2010, Boko Haram gunmen disguised as police killed five people.",
        "Boko Haram, which is based in Nigeria, kidnapped 276 girls.",
        "A Boko Haram suicide bomber killed 15 people.",
        "Five people were killed in a bombing carried out by Boko Haram.",
        "Five people were killed in a Boko Haram attack in Kano.",
        "The attackers belonged to Boko Haram.",
        "The bomber, a member of Boko Haram, was shot.",
        "Boko Haram attacked a bus and five people were killed.",
        "It began in 2002, and in 2010 Boko Haram attacked a bus.",
        "A Boko Haram sniper killed a soldier.",
        "A suicide bomber from Boko Haram blew up a bus.",
        "The attack was attributed to a faction of Boko Haram.",
        "Boko Haram is held responsible.",
    ],
)
def test_who_plainly_did_it_is_named(text):
    assert [(group.name, str(group.attribution)) for group in groups_in(sentences(text))] == [
        ("Boko Haram", "attributed")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Punjabi Taliban claimed responsibility.", ["Punjabi Taliban"]),
        ("The New IRA claimed responsibility.", ["New IRA"]),
        ("The Westside Taliban claimed responsibility.", []),
        ("The Iraqi Hezbollah claimed responsibility.", []),
        ("Bahrain’s Hezbollah claimed responsibility.", []),
        ("The Lebanese Hezbollah claimed responsibility.", ["Hezbollah"]),
        ("Somalia’s al-Shabaab claimed responsibility.", ["al-Shabaab"]),
        ("On Monday the Palestinian Hamas claimed responsibility.", ["Hamas"]),
        ("The Iran-backed Hezbollah claimed responsibility.", ["Hezbollah"]),
        ("The Taliban-affiliated Haqqani network claimed responsibility.", ["Haqqani network"]),
        ("On Monday Hamas claimed responsibility.", ["Hamas"]),
    ],
)
def test_a_word_before_a_known_name_makes_it_another_group(text, expected):
    assert [group.name for group in groups_in(sentences(text))] == expected


@pytest.mark.parametrize(("year", "expected"), [(1920, None), (1974, "Provisional IRA")])
def test_no_group_did_anything_before_it_was_founded(year, expected):
    fields = read_event(f"On November 21, {year}, the IRA killed fourteen officers in Dublin, Ireland.")

    assert [group["name"] for group in fields.get("groups", [])] == ([expected] if expected else [])


@pytest.mark.parametrize(("place", "expected"), [("Peshawar, Pakistan", []), ("Kabul, Afghanistan", ["Taliban"])])
def test_a_bare_name_means_another_group_in_another_country(place, expected):
    fields = read_event(f"On December 16, 2014, Taliban gunmen stormed a school in {place}, killing 141 people.")

    assert [group["name"] for group in fields.get("groups", [])] == expected


def test_a_report_does_not_take_another_group_for_the_one_whose_name_it_bears():
    fields = read_report("The Westside Taliban", "The Westside Taliban grew. Then the Westside Taliban split.")

    assert "groups" not in fields


def test_the_prose_around_words_names_whose_they_are():
    assert [group["name"] for group in read_words("A statement by supporters of Boko Haram, May 2010")["groups"]] == [
        "Boko Haram"
    ]


def test_a_sentence_that_names_more_groups_than_one_can_weigh_names_none():
    assert groups_in(sentences("Hamas and " * 3_000 + "ISIS claimed responsibility.")) == ()
