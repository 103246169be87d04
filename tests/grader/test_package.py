"""Problem packages: what is read, and the sentence for each way in which one can be wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import PackageError, ProblemSet, discover, load_pset
from grader.frozen import freeze_seeds, frozen_seeds
from grader.loading import load_checks
from grader.report import Visibility
from sandbox import Runtime

WritePset = Callable[..., Path]
MakePset = Callable[..., ProblemSet]

TOML = 'title = "Doubling"\npoints = 5\nruntime = "numpy"\n'
IMPORT = "from grader.authoring import check, expect\n"


def check_file(*checks: str) -> str:
    return IMPORT + "".join(f"{text}\n" for text in checks)


def one_check(name: str, arguments: str = "") -> str:
    return f'@check("A title"{arguments})\ndef {name}(student, reference, rng): pass'


# Reading -----------------------------------------------------------------------------------------


def test_a_set_is_read_with_everything_its_files_say(make_pset: MakePset) -> None:
    toml = (
        'title = "Attention"\npoints = 2.5\nruntime = "torch"\ntopics = [4, 6]\nestimated_hours = 3\n'
        'forbidden = ["torch.nn.MultiheadAttention"]\n[limits]\nmemory_mib = 300\ntime_seconds = 2.5\n'
    )
    pset = make_pset(attention={"problem.toml": toml, "support.py": "answer = 1\n"}, plain={})
    assert (pset.name, pset.title, pset.description) == ("pset1", "Set pset1", "For tests.")
    assert pset.max_score == 7.5
    attention, plain = pset.problems
    assert (attention.name, attention.title, attention.points) == ("attention", "Attention", 2.5)
    assert attention.runtime is Runtime.TORCH
    assert attention.file_name == "attention.py"
    assert (attention.topics, attention.estimated_hours) == ((4, 6), 3.0)
    assert attention.forbidden == ("torch.nn.MultiheadAttention",)
    assert (attention.limits.memory_bytes, attention.time_seconds) == (300 * 2**20, 2.5)
    assert attention.files_with("x = 1") == {"attention.py": "x = 1", "support.py": "answer = 1\n"}
    assert plain.files_with("x = 1") == {"plain.py": "x = 1"}
    assert (plain.forbidden, plain.topics, plain.estimated_hours, plain.time_seconds) == ((), (), None, 10.0)
    assert pset.problem("plain") is plain


def test_forbidden_names_may_say_what_to_write_instead_and_change_no_instance(make_pset: MakePset) -> None:
    told = f'{TOML}[forbidden]\n"torch.conv2d" = "two loops"\n"torch.conv1d" = "one loop"\n'
    listed = f'{TOML}forbidden = ["torch.conv2d", "torch.conv1d"]\n'
    (with_advice,) = make_pset(conv={"problem.toml": told}).problems
    (without,) = make_pset("other", conv={"problem.toml": listed}).problems
    assert with_advice.forbidden == without.forbidden == ("torch.conv2d", "torch.conv1d")
    assert with_advice.instead == {"torch.conv2d": "two loops", "torch.conv1d": "one loop"}
    assert without.instead == {}
    assert with_advice.instance_seed == without.instance_seed
    assert with_advice.digest != without.digest
    assert isinstance(hash(with_advice), int)


def test_sets_are_found_by_folder_and_sorted_by_name(write_pset: WritePset) -> None:
    for name in ("pset2", "pset1", "extra"):
        root = write_pset(name).parent
    (root / "no-set").mkdir()
    (root / "a-file").write_text("")
    assert [listing.name for listing in discover(root)] == ["extra", "pset1", "pset2"]
    assert discover(root)[1].folder == root / "pset1"
    assert discover(root)[1].title == "Set pset1"


def test_checks_are_read_in_order_the_public_ones_first(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    found = [(check.name, visibility, check.points) for check, visibility in load_checks(problem)]
    assert found == [
        ("example", Visibility.PUBLIC, 0.0),
        ("doubled", Visibility.HIDDEN, 2.0),
        ("shifted", Visibility.HIDDEN, 3.0),
    ]


def test_checks_of_two_problems_never_collide(make_pset: MakePset) -> None:
    one, other = make_pset(alpha={}, beta={}).problems
    first, second = load_checks(one)[0].check, load_checks(other)[0].check
    assert first.function is not second.function
    assert "beta" in second.function.__code__.co_filename


# Versions ----------------------------------------------------------------------------------------


def test_the_digest_names_the_version_of_the_files(write_pset: WritePset) -> None:
    folder = write_pset(doubling={"submissions/accepted/a.py": "x = 1\n"})
    before = load_pset(folder)
    assert load_pset(folder).digest == before.digest
    (folder / "doubling/submissions/accepted/a.py").write_text("x = 2\n")
    (folder / "doubling/checks/__pycache__").mkdir()
    (folder / "doubling/checks/__pycache__/hidden.pyc").write_text("x")
    assert load_pset(folder).digest == before.digest
    for file in ("handout.md", "reference.py", "checks/hidden.py", "problem.toml"):
        path = folder / "doubling" / file
        kept = path.read_text()
        path.write_text(f"{kept}\n")
        changed = load_pset(folder)
        assert changed.digest != before.digest
        assert changed.problems[0].digest != before.problems[0].digest
        moved = changed.problems[0].instance_seed != before.problems[0].instance_seed
        assert moved is (file in {"reference.py", "checks/hidden.py"}), "only what decides inputs moves them"
        path.write_text(kept)
    (folder / "doubling/handout.md").rename(folder / "doubling/more.md")
    (folder / "doubling/handout.md").write_text("")
    assert load_pset(folder).digest != before.digest


def test_two_files_that_exchange_their_contents_are_another_version(write_pset: WritePset) -> None:
    one = load_pset(write_pset("one", doubling={"a.txt": "1", "b.txt": "2"}))
    other = load_pset(write_pset("other", doubling={"a.txt": "2", "b.txt": "1"}))
    assert one.problems[0].digest != other.problems[0].digest


# Refusals: the set -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("name = [", "is not TOML"),
        ('title = "T"\nproblems = ["doubling"]', "`name` should be a str"),
        ('name = 3\ntitle = "T"\nproblems = ["doubling"]', "`name` should be a str"),
        ('name = "../up"\ntitle = "T"\nproblems = ["doubling"]', "`name` is up to 40"),
        ('name = "a b"\ntitle = "T"\nproblems = ["doubling"]', "`name` is up to 40"),
        ('name = ""\ntitle = "T"\nproblems = ["doubling"]', "`name` is up to 40"),
        ('name = "a"\nproblems = ["doubling"]', "`title` should be a str"),
        ('name = "a"\ntitle = "T"', "`problems` should be a list"),
        ('name = "a"\ntitle = "T"\nproblems = []', "`problems` lists the folders"),
        ('name = "a"\ntitle = "T"\nproblems = [1]', "`problems` lists the folders"),
        ('name = "a"\ntitle = "T"\nproblems = ["../up"]', "`problems` lists the folders"),
        ('name = "a"\ntitle = "T"\nproblems = ["doubling", "doubling"]', "names a problem twice"),
        ('name = "a"\ntitle = "T"\nproblems = ["support"]', "cannot be called 'support'"),
        ('name = "a"\ntitle = "T"\nproblems = ["class"]', "cannot be called 'class'"),
        (
            'name = "a"\ntitle = "T"\nproblems = ["doubling"]\ndescription = 4',
            "`description` should be a str",
        ),
        ('name = "a"\ntitle = "T"\nproblems = ["doubling"]\ndue = 4', "has no key `due`"),
        ('name = "a"\ntitle = "T"\nproblems = ["tripling"]', "is missing"),
    ],
)
def test_a_wrong_pset_toml_says_what_is_wrong(write_pset: WritePset, toml: str, words: str) -> None:
    with pytest.raises(PackageError, match=re.escape(words)):
        load_pset(write_pset(toml=toml))


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(PackageError, match="is missing") as caught:
            load_pset(path)
        assert caught.value.path == path / "pset.toml"
    (tmp_path / "file").write_text("")
    with pytest.raises(PackageError, match="cannot be read"):
        load_pset(tmp_path / "file")
    with pytest.raises(PackageError, match="--problems"):
        discover(tmp_path / "nowhere")


def test_two_sets_of_one_name_are_refused(write_pset: WritePset) -> None:
    table = 'name = "pset1"\ntitle = "T"\nproblems = ["doubling"]\n'
    root = write_pset("first", table).parent
    write_pset("second", table)
    with pytest.raises(PackageError, match="'pset1' is taken by first"):
        discover(root)


def test_a_set_that_is_not_utf_8_is_refused(write_pset: WritePset) -> None:
    folder = write_pset()
    (folder / "pset.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(PackageError, match="UTF-8"):
        load_pset(folder)


def test_an_unknown_problem_is_named_with_those_there_are(make_pset: MakePset) -> None:
    with pytest.raises(PackageError, match=r"no problem 'gamma'; it has alpha, beta"):
        make_pset(alpha={}, beta={}).problem("gamma")


# Refusals: a problem -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("title = ", "is not TOML"),
        ('points = 5\nruntime = "numpy"', "`title` should be a str"),
        ('title = "T"\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = 0\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = -1\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = true\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = nan\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = inf\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = "5"\nruntime = "numpy"', "`points` should be a number above zero"),
        ('title = "T"\npoints = 5', "`runtime` should be a str"),
        ('title = "T"\npoints = 5\nruntime = "jax"', "`runtime` is one of numpy, torch, cuda, not 'jax'"),
        (f"{TOML}forbidden = 'torch.nn'", "`forbidden` should be a list"),
        (f"{TOML}forbidden = [1]", "`forbidden` should be a list of str"),
        (
            f'{TOML}[forbidden]\n"a.b" = 3',
            '`forbidden` is a list of names, or of lines like "a.b" = "what',
        ),
        (
            f'{TOML}[forbidden]\n"a.b" = " "',
            '`forbidden` is a list of names, or of lines like "a.b" = "what',
        ),
        (
            f'{TOML}[forbidden]\ntorch.nn = "x"',
            '`forbidden` is a list of names, or of lines like "torch" =',
        ),
        (f'{TOML}topics = ["4"]', "`topics` should be a list of int"),
        (f'{TOML}estimated_hours = "3"', "`estimated_hours` should be a number above zero"),
        (f"{TOML}forbiden = []", "has no key `forbiden`; it takes"),
        (f"{TOML}limits = 3", "`limits` should be a dict"),
        (f"{TOML}[limits]\nmemory_mb = 3", "has no key `memory_mb`; it takes memory_mib, time_seconds"),
        (f"{TOML}[limits]\nmemory_mib = 0", "`memory_mib` should be a number above zero"),
        (f"{TOML}[limits]\ntime_seconds = -1", "`time_seconds` should be a number above zero"),
    ],
)
def test_a_wrong_problem_toml_says_what_is_wrong(write_pset: WritePset, toml: str, words: str) -> None:
    with pytest.raises(PackageError, match=re.escape(words)) as caught:
        load_pset(write_pset(doubling={"problem.toml": toml}))
    assert caught.value.path.name == "problem.toml"
    assert str(caught.value).startswith(str(caught.value.path))


@pytest.mark.parametrize(
    "file",
    ["problem.toml", "handout.md", "starter.py", "reference.py", "checks/public.py", "checks/hidden.py"],
)
def test_a_missing_file_is_named(write_pset: WritePset, file: str) -> None:
    with pytest.raises(PackageError, match="is missing") as caught:
        load_pset(write_pset(doubling={file: None}))
    assert caught.value.path.as_posix().endswith(f"doubling/{file}")


def test_a_text_that_is_not_utf_8_is_named(make_pset: MakePset) -> None:
    (problem,) = make_pset(doubling={"handout.md": b"\xff\xfe"}).problems
    with pytest.raises(PackageError, match="UTF-8") as caught:
        problem.text("handout.md")
    assert caught.value.path.name == "handout.md"


# Refusals: checks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public", "hidden", "words"),
    [
        (None, "def broken(:", "cannot be executed: SyntaxError"),
        (None, "import nowhere_to_be_found", "cannot be executed: ModuleNotFoundError"),
        (None, "1 / 0", "cannot be executed: ZeroDivisionError"),
        (None, check_file(one_check("a", ", points=-1")), "points are not negative"),
        (None, check_file(one_check("a", ", points=5, needs='b'")), "needs takes a tuple"),
        (None, check_file(one_check("a", ", points=5, instances=0")), "at least one instance"),
        (None, "x = 1", "has no checks; decorate functions with @check"),
        ("x = 1", None, "has no checks"),
        (check_file(one_check("a", ", points=1")), None, "a public check earns no points"),
        (check_file(one_check("doubled")), None, "two checks are called doubled"),
        (None, check_file(one_check("a", ", points=4")), "the checks give 4 points, problem.toml says 5"),
        (
            None,
            check_file(one_check("a", ", points=5, needs=('b',)")),
            "a needs 'b', which is no check before it",
        ),
        (
            None,
            check_file(one_check("a", ", points=5, needs=('a',)")),
            "a needs 'a', which is no check before it",
        ),
        (
            None,
            check_file(one_check("a", ", needs=('b',)"), one_check("b", ", points=5")),
            "a needs 'b', which is no check before it",
        ),
    ],
)
def test_wrong_checks_say_what_is_wrong(
    make_pset: MakePset, public: str | None, hidden: str | None, words: str
) -> None:
    changes = {"checks/public.py": public, "checks/hidden.py": hidden}
    (problem,) = make_pset(doubling={k: v for k, v in changes.items() if v is not None}).problems
    with pytest.raises(PackageError, match=re.escape(words)):
        load_checks(problem)


def test_a_hidden_check_may_need_a_public_one(make_pset: MakePset) -> None:
    hidden = check_file(one_check("a", ", points=5, needs=('example',)"))
    (problem,) = make_pset(doubling={"checks/hidden.py": hidden}).problems
    assert load_checks(problem)[1].check.needs == ("example",)


def test_loading_checks_leaves_no_module_behind(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    before = set(sys.modules)
    load_checks(problem)
    assert set(sys.modules) == before


def test_reading_sets_imports_no_torch_and_runs_none_of_their_code(write_pset: WritePset) -> None:
    folder = write_pset(
        doubling={"checks/hidden.py": "raise SystemExit('run')", "reference.py": "raise SystemExit"}
    )
    program = (
        "import sys\nfrom pathlib import Path\nfrom grader import discover, load_pset\n"
        f"folder = Path({str(folder)!r})\ndiscover(folder.parent)\nload_pset(folder)\n"
        "print(sorted({'torch', 'docker', 'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frozen_seeds_stay_whatever_the_files_become(write_pset: WritePset) -> None:
    folder = write_pset(alpha={}, beta={})
    pset = load_pset(folder)
    freeze_seeds(pset)
    (folder / "alpha/checks/hidden.py").write_text((folder / "alpha/checks/hidden.py").read_text() + "\n")
    changed = load_pset(folder)
    assert [p.instance_seed for p in changed.problems] != [p.instance_seed for p in pset.problems]
    kept = changed.with_seeds(frozen_seeds(folder))
    assert [p.instance_seed for p in kept.problems] == [p.instance_seed for p in pset.problems]
    assert (kept.digest, kept.problems[0].digest) == (changed.digest, changed.problems[0].digest)


def test_a_set_frozen_without_seeds_has_those_of_all_its_files(write_pset: WritePset) -> None:
    folder = write_pset()
    before = frozen_seeds(folder)
    assert before["doubling"] != load_pset(folder).problems[0].instance_seed
    (folder / "doubling/handout.md").write_text("another")
    assert frozen_seeds(folder) != before


@pytest.mark.parametrize("text", ["", "[]", '{"doubling": 3}', '{"doubling": "xyz"}', "null"])
def test_frozen_seeds_that_were_damaged_are_refused(write_pset: WritePset, text: str) -> None:
    folder = write_pset()
    (folder / "instances.json").write_text(text)
    with pytest.raises(PackageError, match=r"instances\.json: cannot be read"):
        frozen_seeds(folder)
