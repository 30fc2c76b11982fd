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
