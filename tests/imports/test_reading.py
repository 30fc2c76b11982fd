"""What prose says: dates, places, tolls, groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.blame import claimed_in
from newsletter.imports.dates import event_date, whole_date
from newsletter.imports.names import sentences
from newsletter.imports.places import place_in
from newsletter.imports.reading import read_event
from newsletter.imports.tolls import toll_of, tolls_in


def toll(found):
    return found and (found.low, found.at_least, found.most)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("killing 41 people and injuring 80 others", (41, False, None), (80, False, None)),
        ("killing at least forty-one people and wounding more than eighty", (41, True, None), (80, True, None)),
        ("Two gunmen killed 12 people and injured 3.", (12, False, None), (3, False, None)),
        ("between ten and thirteen people were killed", (10, False, 13), None),
        ("killing 33-41 people", (33, False, 41), None),
        ("killing 33 to 41 people", (33, False, 41), None),
        ("dozens were killed and twenty were injured", None, (20, False, None)),
        ("killing hundreds of people", None, None),
        ("killing several hundred people", None, None),
        ("up to 40 people were killed", None, None),
        ("killed and injured 120 people", None, None),
        ("120 people were killed or wounded", None, None),
        ("Police killed all three attackers.", None, None),
        ("Twelve people, including two officers, were killed and scores wounded", (12, False, None), None),
        ("killing two officers and three civilians.", (5, False, None), None),
        ("killing one man, two women, and three children, and injuring 10", (6, False, None), (10, False, None)),
        ("killing himself and three others", (3, False, None), None),
        ("leaving 20 dead and 45 wounded", (20, False, None), (45, False, None)),
        ("claimed the lives of one hundred and five people", (105, False, None), None),
        ("the death toll rose to 297", (297, False, None), None),
        ("killing 2,977 people", (2977, False, None), None),
        ("a 41-year-old man was killed", (1, False, None), None),
        ("No one was killed but 5 were hurt", (0, False, None), (5, False, None)),
        ("killed 12 people in 2 villages", (12, False, None), None),
        ("killing 12 or more people", (12, True, None), None),
        ("killing half a dozen people", (6, False, None), None),
        ("A car bomb in Oslo, Norway, killing eight people, and then shot 69 people dead.", None, None),
        ("killing 77 people: 8 were killed by a bomb and 69 were shot dead", (77, False, None), None),
        ("killing 12 people, the deadliest attack since 40 were killed in 2005", (12, False, None), None),
        ("He killed eight people in Oslo, then murdered 69 on an island.", None, None),
        (
            "He killed 12 people, five of whom died later in hospital, and injured 3.",
            (12, False, None),
            (3, False, None),
        ),
        ("The group said it owned 40 houses.", None, None),
        (
            "12 villagers were killed and 30 wounded when gunmen attacked a market.",
            (12, False, None),
            (30, False, None),
        ),
        ("killing 12 and injuring 30 when insurgents attacked", (12, False, None), (30, False, None)),
        ("12 killed as militants stormed the town", (12, False, None), None),
        ("killing 30 in a militant attack", (30, False, None), None),
        ("killing 30 suspected militants", None, None),
        ("killing three of the gunmen", None, None),
        ("five soldiers and seven civilians were killed", (12, False, None), None),
        ("Police held five men and seven civilians were killed", (7, False, None), None),
        ("Two gunmen and seven civilians were killed", (7, False, None), None),
        ("one-hundred-and-sixty-eight people were killed", (168, False, None), None),
        ("One hundred and sixty-eight people, nineteen of them children, died.", (168, False, None), None),
        ("injuring 80 others, 12 critically", None, (80, False, None)),
        ("injuring 80 others, 12 of whom were children", None, (80, False, None)),
        ("killed 2 million people", (2_000_000, False, None), None),
        ("killed 5 thousand people", (5_000, False, None), None),
        ("killed 1.5 million people", (1_500_000, False, None), None),
        ("killed one and a half million people", None, None),
        ("killed half a million people", None, None),
        ("killing nearly a hundred people", (100, False, None), None),
        ("killing from 10 to 20 people", (10, False, 20), None),
        ("The bombing claimed 12 lives", (12, False, None), None),
        ("Nobody died.", (0, False, None), None),
        ("nobody was killed", (0, False, None), None),
        ("exploded, killing no one", (0, False, None), None),
        ("There were no deaths or injuries.", (0, False, None), (0, False, None)),
        ("No one was killed or injured.", (0, False, None), (0, False, None)),
        ("No one else was killed.", None, None),
        ("Two car bombs killed at least 30 people.", (30, True, None), None),
        ("Four suicide bombings killed as many as 80 people.", None, None),
        ("Seven coordinated blasts injured at least 100 people.", None, (100, True, None)),
        ("Fifteen rockets wounded in total nine people.", None, None),
        ("five soldiers, three policemen and two civilians were killed", (10, False, None), None),
        ("five soldiers, three policemen, and two civilians were killed", (10, False, None), None),
        ("Some 20 soldiers and 12 civilians were killed.", (32, False, None), None),
        ("About 200 civilians and at least 14 soldiers were killed.", (214, True, None), None),
        ("In six years, nearly 1,500 men and 185 women were killed.", (1685, False, None), None),
        ("A policeman and two civilians were killed.", (3, False, None), None),
        ("A bomb killed a policeman and his wife.", None, None),
        ("A man and his two sons were killed.", None, None),
        ("A bomb wounded an Israeli diplomat, her driver and two passers-by.", None, None),
        ("They were blamed for the killing of five policemen.", (5, False, None), None),
        ("A U.S. contractor was killed.", (1, False, None), None),
        ("killing 132 pupils and nine members of the staff and injuring 114", (141, False, None), (114, False, None)),
        ("A bomb killed two policemen and several civilians.", (2, True, None), None),
        ("A bomb killed a policeman and injured his wife.", (1, False, None), None),
        ("They killed three generations of one family, nine people in all.", None, None),
        ("He was killed 25 years after the war.", None, None),
        ("Police killed two of them.", None, None),
        ("Police shot dead a man who had stabbed three people, two of whom died.", None, None),
        ("They killed 12 people and 30 percent of them were children.", (12, False, None), None),
    ],
)
def test_tolls_are_read_in_figures_and_in_words(text, killed, injured):
    found = tolls_in(text)

    assert (toll(found.killed), toll(found.injured)) == (killed, injured)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12", (12, False, None)),
        ("33-41", (33, False, 41)),
        ("at least 5", (5, True, None)),
        ("5+", (5, True, None)),
        ("1,234", (1234, False, None)),
        ("twelve", (12, False, None)),
        ("many", None),
        ("12 maybe", None),
    ],
)
def test_a_cell_may_hold_a_toll(cell, expected):
    assert toll(toll_of(cell)) == expected


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
