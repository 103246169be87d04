"""Which inputs a submission meets: the same for the same files, another for others, none to be guessed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

import pytest

from grader import ProblemSet, Submission, instance_key
from grader.instances import choose_instance, guest_seed, instance_seed, public_seed

MakePset = Callable[..., ProblemSet]
SECRET = b"a course's secret"
COUNT = 16


def index_of(digest: str, check: str = "a_check", secret: bytes = SECRET, count: int = COUNT) -> int:
    return choose_instance(instance_key(secret, digest), "problem", check, count)


def test_the_same_submission_always_meets_the_same_instance(make_pset: MakePset) -> None:
    pset = make_pset()
    one, again = (Submission.from_files({"doubling.py": b"x = 1"}, pset) for _ in range(2))
    assert instance_key(SECRET, one.digest) == instance_key(SECRET, again.digest)
    assert [index_of(one.digest, f"check{n}") for n in range(9)] == [
        index_of(again.digest, f"check{n}") for n in range(9)
    ]


def test_a_changed_submission_meets_another(make_pset: MakePset) -> None:
    pset = make_pset()
    found = {
        tuple(
            index_of(Submission.from_files({"doubling.py": text}, pset).digest, f"check{n}") for n in range(9)
        )
        for text in (b"x = 1", b"x = 1\n", b"x = 1 ", b"x = 2", b"# x = 1")
    }
    assert len(found) == 5


def test_every_instance_is_met_about_as_often() -> None:
    met = Counter(index_of(f"digest {n}") for n in range(COUNT * 500))
    assert set(met) == set(range(COUNT))
    assert all(400 < times < 600 for times in met.values())


def test_two_checks_of_a_submission_are_chosen_apart() -> None:
    pairs = Counter((index_of(f"digest {n}", "one"), index_of(f"digest {n}", "two")) for n in range(8000))
    assert len(pairs) == COUNT * COUNT


@pytest.mark.parametrize("count", [1, 2, 3, 16, 1000])
def test_an_index_is_below_the_number_of_instances(count: int) -> None:
    assert {index_of(f"digest {n}", count=count) for n in range(200)} <= set(range(count))


def test_two_courses_choose_differently() -> None:
    chosen = [(index_of(f"digest {n}"), index_of(f"digest {n}", secret=b"another")) for n in range(200)]
    assert sum(one == other for one, other in chosen) < 40


def test_a_key_does_not_hold_the_secret() -> None:
    key = instance_key(SECRET, "digest")
    assert len(key) == 32
    assert SECRET not in key
    assert key != hashlib.sha256(SECRET + b"digest").digest()


def test_each_instance_of_each_check_has_a_seed_of_its_own(make_pset: MakePset) -> None:
    one, other = make_pset(alpha={}, beta={"support.py": "OTHER = 1\n"}).problems
    seeds = {
        instance_seed(problem, check, index)
        for problem in (one, other)
        for check in ("a", "b", "a:1")
        for index in range(COUNT)
    }
    assert len(seeds) == 2 * 3 * COUNT
    assert max(seeds) > 2**120
    assert instance_seed(one, "a", 3) == instance_seed(one, "a", 3)


def test_a_seed_does_not_follow_from_the_published_digest(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    published = bytes.fromhex(problem.digest)
    assert problem.instance_seed != published
    for guess in (published, hashlib.sha256(published).digest(), problem.digest.encode()):
        forged = type(problem)(
            **{
                name: guess if name == "instance_seed" else getattr(problem, name)
                for name in problem.__slots__
            }
        )
        assert instance_seed(forged, "doubled", 0) != instance_seed(problem, "doubled", 0)
    assert instance_seed(problem, "doubled", 0) != public_seed("doubling", "doubled")


def test_a_public_check_has_one_seed_everywhere() -> None:
    assert public_seed("alpha", "example") == public_seed("alpha", "example")
    assert len({public_seed(p, c) for p in ("alpha", "beta") for c in ("example", "other")}) == 4


def test_the_guests_seed_tells_nothing_of_a_checks(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    key = instance_key(SECRET, "digest")
    seeds = {guest_seed(key, check) for check in ("", "doubled", "shifted")}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert not seeds & {instance_seed(problem, "doubled", index) % 2**32 for index in range(COUNT)}
