"""What prose says: places and groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.blame import claimed_in
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
        ("Attacks in Mali, Niger, and Nigeria went on.", None, None),
        ("Attacks in Iraq and Syria went on.", None, None),
        ("Attacks in Iraq and Syria went on. A bomb exploded in Beirut, Lebanon.", "Beirut", "LB"),
        ("Attacks in Iraq and Syria killed five in Mosul.", "Mosul", "IQ"),
        ("Attacks in Northern Ireland and England went on.", None, "GB"),
        ("A bomb exploded in Kuta, Bali, killing five.", "Kuta", "ID"),
        ("A bomb exploded in Pulwama, Kashmir.", "Pulwama", "IN"),
        ("In Paris, French officials spoke.", "Paris", "FR"),
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
