"""Invented families in any number, always the same for the same number: who they are and what they usually book."""

import math
from collections.abc import Iterator, Sequence
from random import Random

from server.activities.rules import WEEKDAYS
from server.towns.households import GRADES, Adult, Child, Habit, Household, units_of
from server.towns.loader import Town
from server.towns.names import FIRST_NAMES, LAST_NAMES, PARENT_NAMES
from server.towns.shape import Grade

AGE_IN_PS = 3
CHILDREN_PER_FAMILY = (1, 1, 1, 2, 2, 2, 3, 4)  # about 1.9 on average

# How many children in a hundred usually book a unit, and how many of its days they then take.
LIKING: dict[str, tuple[int, Sequence[int]]] = {
    "repas": (88, (4,)),
    "matin": (26, (2, 3, 4)),
    "soir": (38, (2, 3, 4)),
    "etude": (30, (2, 3)),
    "mercredi-journee": (32, (1,)),
    "mercredi-matin-repas": (8, (1,)),
    "mercredi-apres-midi": (5, (1,)),
    "vacances-journee": (18, (2, 3, 5)),
    "atelier": (100, (1,)),
    "sports": (100, (1,)),
    "stage": (30, (1,)),
}
JOINING = {"atelier": 1, "sports": 3, "stage": 4}  # children in a hundred who are enrolled in a workshop or a sport


def households(town: Town, number: int, seed: int) -> Iterator[Household]:
    """Families ``fam_00001`` onwards, each with one account ``parent0001`` onwards."""
    random = Random(seed)
    schools = [place for place in town.places if place.kind == "school"]
    for rank in range(1, number + 1):
        name = random.choice(LAST_NAMES)
        school = random.choice(schools)
        children = tuple(
            _child(random, town, f"chd_{rank:05d}_{order}", name, school.code, school.grades)
            for order in range(1, random.choice(CHILDREN_PER_FAMILY) + 1)
        )
        quotient = None if random.random() < 0.07 else round(min(3000, 620 * math.exp(random.gauss(0, 0.6))))
        yield Household(
            id=f"fam_{rank:05d}",
            number=f"{200000 + rank}",
            label=name.upper(),
            resident=random.random() > 0.02,
            quotient=quotient,
            source=None if quotient is None else random.choice(("CAF", "CAF", "CAF", "MSA", "tax_notice")),
            read_on=None if quotient is None else f"{town.year}-09-{random.randrange(1, 21):02d}",
            address=f"{random.randrange(1, 120)}, rue inventée, {town.identity.postcode} {town.identity.name}",
            adults=tuple(_adults(random, rank, name)),
            children=children,
        )


def _adults(random: Random, rank: int, name: str) -> Iterator[Adult]:
    yield Adult(f"adu_{rank:05d}_1", random.choice(PARENT_NAMES), name, f"parent{rank:04d}", f"acc_{rank:05d}")
    if random.random() < 0.7:
        yield Adult(f"adu_{rank:05d}_2", random.choice(PARENT_NAMES), random.choice((name, random.choice(LAST_NAMES))))


def _child(random: Random, town: Town, id: str, name: str, school: str, grades: Sequence[Grade]) -> Child:
    grade = random.choice(grades)
    born = town.year - AGE_IN_PS - GRADES.index(grade)
    also = frozenset(code for code, share in JOINING.items() if random.randrange(100) < share)
    day = f"{born}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    return Child(id, random.choice(FIRST_NAMES), name, day, grade, school, also)


def habits(town: Town, homes: Sequence[Household], seed: int) -> Iterator[Habit]:
    """What each family usually books. What excludes itself is sorted out when it is booked."""
    random = Random(seed + 1)
    for home in homes:
        for child in home.children:
            for unit in units_of(town, child):
                share, counts = LIKING[unit.written.code]
                if random.randrange(100) >= share:
                    continue
                possible = [WEEKDAYS.index(day) for day in unit.written.days]
                taken = random.sample(possible, min(random.choice(counts), len(possible)))
                yield Habit(home, child, unit, tuple(sorted(taken)))
