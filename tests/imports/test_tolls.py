"""How many prose says were killed and injured, and where it can't be told."""

import pytest

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


def lows(text):
    found = tolls_in(text)
    return found.killed and found.killed.low, found.injured and found.injured.low


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("12 of the 30 injured died.", None, None),
        ("130 of the 850 hostages died.", 130, None),
        ("Fifty-eight of the 95 passengers were killed.", 58, None),
        ("At least 58 of the hotel’s 200 guests were injured.", None, 58),
        ("A bomb killed three of the 12 hostages.", 3, None),
        ("Of the 95 passengers, 58 were killed.", 58, None),
        ("Most of the 95 passengers were killed.", None, None),
        ("All of the 95 passengers were killed.", 95, None),
        ("Police killed three of the five gunmen.", None, None),
        ("Two of the 12 people killed were children.", None, None),
        ("Families of the 241 people killed in the attack wept.", 241, None),
        ("58 of 95 passengers were injured.", None, 58),
    ],
)
def test_of_a_part_and_its_whole_the_part_is_counted(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("Thirty people were killed when a bomb, intended to kill 200, exploded.", 30, None),
        ("Police foiled a plot to kill 300 people.", None, None),
        ("The bomb would have killed 300 people.", None, None),
        ("The bomb could have injured 300 people.", None, None),
        ("300 people could have been killed.", None, None),
        ("They were convicted of a plot aimed at killing 300 people.", None, None),
        ("It did not kill 300 people.", None, None),
        ("They meant to kill 300 people, but killed three.", 3, None),
        ("He went on to kill 12 people.", 12, None),
        ("He is believed to have killed 12 people.", 12, None),
    ],
)
def test_what_was_meant_feared_or_denied_counts_nobody(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("Officials said the bomb had killed 12 people.", 12, None),
        ("Since 2004, the group has killed more than 100 people in attacks.", None, None),
        ("A bomb killed 12 people, days after a similar bombing killed nine.", 12, None),
        (
            "A bomb exploded in Kabul, Afghanistan, three days after an attack that killed 40 people. Nobody was hurt.",
            None,
            0,
        ),
        ("Three days after a bomb exploded in Kabul, Afghanistan, killing 40 people, gunmen came.", None, None),
        ("Three days after an attack that killed 40 people, a bomb exploded in Kabul, killing 12.", 12, None),
        ("Three days after the vote, a bomb exploded in Kabul, killing 12.", 12, None),
        ("A bomb exploded three days after the vote, killing 12.", 12, None),
        ("It was the worst attack since a 2005 bombing, which killed 40 people.", None, None),
        ("It was in revenge for an airstrike that killed 40 people.", None, None),
        ("The group, which had killed 40 people in 2008, struck again.", None, None),
        ("By the time they were stopped, they had killed 40 people.", 40, None),
        ("Gunmen had killed 40 people there two years earlier.", None, None),
        ("An attack killed 40 people there two years earlier.", None, None),
        ("Minutes after the vote 40 people were killed.", 40, None),
        ("A day after 40 people were killed in Kabul, a bomb exploded.", None, None),
        ("Two years after the attack, 12 people were killed.", 12, None),
    ],
)
def test_the_toll_of_another_event_is_not_taken(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("U.S. Ambassador J. Christopher Stevens and three other Americans were killed.", None, None),
        ("Lord Mountbatten, his grandson, and two others were killed.", None, None),
        ("A taxi driver, three students and two policemen were killed.", 6, None),
        ("On September 14, 1982, President-elect Bachir Gemayel and 26 others were killed.", None, None),
        ("Benazir Bhutto and 24 other people were killed.", None, None),
        ("the mayor and four others died", None, None),
        ("Ambassador Example and three other Americans were killed.", None, None),
        ("The pilot and 11 passengers were killed.", None, None),
        ("General Ahmed Ali and four of his bodyguards were killed.", None, None),
        ("The attacker and six civilians died.", None, None),
        ("The mayor, his wife, and four others were injured.", None, None),
        ("The mayor, who had opposed the group, and four others were killed.", None, None),
        ("When the bomb exploded, the mayor and four others were killed.", None, None),
        ("When the bomb exploded, the mayor, his wife, and four others were killed.", None, None),
        ("Gunmen stormed the town hall, where the mayor, his wife, and four others were killed.", None, None),
        ("Police said that the mayor and four others were killed.", None, None),
        ("The bus overturned and the driver and 12 passengers were killed.", None, None),
        ("The mayor along with four others were killed.", None, None),
        ("The president was assassinated and 10 others were killed.", None, None),
        ("The mayor and 12 others were injured.", None, None),
        ("A judge and four others were killed.", 5, None),
    ],
)
def test_a_subject_of_which_some_are_not_counted_gives_no_toll(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("Two bombs went off and 12 people died.", 12, None),
        ("The bombs, hidden in backpacks, exploded and 191 people were killed.", 191, None),
        ("The building collapsed, and 12 people were killed.", 12, None),
        ("The building collapsed and 12 people were killed.", 12, None),
        ("The hijacked plane crashed, and 12 passengers were killed.", 12, None),
        ("A bomb exploded in Beirut, Lebanon, and 12 people were killed.", 12, None),
        ("Gunmen attacked a church and a hotel, and 12 people were killed.", 12, None),
        ("When the bomb exploded, the roof collapsed, and 12 people were killed.", 12, None),
        ("A bomb exploded in Kabul, where the roof collapsed, and 12 people died.", 12, None),
        ("Police said that the bus blew up and 12 people were killed.", 12, None),
        ("The mayor was killed, and 12 people were injured.", None, 12),
        ("A bomb killed 12 people and 30 others were injured.", 12, 30),
        ("Gunmen attacked after the vote, and 12 people were killed.", 12, None),
        ("A bomb went off, killing a policeman and injuring 30.", 1, 30),
        ("A bomb near the U.S. embassy exploded, and 12 people were killed.", 12, None),
    ],
)
def test_a_clause_before_the_subject_takes_nothing_from_its_toll(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("Gunmen killed 12 people and 30 hostages in the theater were freed.", None, None),
        ("Gunmen killed 12 people and took 30 hostages in the theater.", 12, None),
        ("Bombs killed 213 people in Nairobi, Kenya, and 11 people in Dar es Salaam, Tanzania.", None, None),
        ("Bombs injured 5,000 people in Nairobi and 85 in Dar es Salaam.", None, None),
        ("It killed all 259 people on board and 11 on the ground.", None, None),
        ("213 people were killed in Nairobi and 11 in Dar es Salaam.", None, None),
        ("A bomb killed 12 people in Kabul and a policeman in Herat.", None, None),
        ("A bomb killed 241 American servicemen in Beirut. Minutes later a second bomber killed 58.", None, None),
        ("A bomb killed 12 people. Another bomb killed three at the hospital.", None, None),
        ("A bomb killed 12 people. The death toll rose to 15.", None, None),
        ("A bomb killed 12 people in Kabul. In all, 20 people were killed.", None, None),
        ("A bomb killed 12 people in a market and two churches in Kabul.", 12, None),
        ("A bomb killed 12 people on May 3 and 4, 2010.", 12, None),
        ("They killed two boys aged five and seven.", 2, None),
        ("A bomb killed 12 people in Kabul and wounded 30 in all.", 12, 30),
        ("A bomb killed 12 people in Kabul and 30 others were hurt.", 12, 30),
        ("A bomb killed 12 people. In 2012 another group killed them.", 12, None),
        ("A bomb killed 12 people in Kabul, and two attackers in the building.", 12, None),
    ],
)
def test_a_first_number_of_two_is_not_the_toll(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("10 soldiers and 4 civilians were killed and 3 soldiers and 12 civilians injured.", 14, 15),
        ("10 soldiers were killed and the mayor and 12 civilians injured.", 10, None),
    ],
)
def test_those_counted_in_a_clause_without_its_own_verb_are_added_up(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("They shot six men to death.", 6, None),
        ("Six men were stabbed to death.", 6, None),
        ("A bomb killed nobody.", 0, None),
        ("A judge sentenced six men to death.", None, None),
    ],
)
def test_deaths_are_told_of_in_other_words(text, killed, injured):
    assert lows(text) == (killed, injured)


@pytest.mark.parametrize(
    ("text", "killed", "injured"),
    [
        ("On 29 November 2019 both were killed.", None, None),
        ("In 2019 both men were killed.", None, None),
        ("On 13 June 2016 two men were killed.", 2, None),
        ("On November 29, 2019 both were killed.", None, None),
    ],
)
def test_a_day_or_a_year_is_no_toll(text, killed, injured):
    assert lows(text) == (killed, injured)
