"""One file that holds the service, and what comes of it."""

from __future__ import annotations

import io
import itertools
import json
import math
import tarfile
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from api.accounts.models import User
from api.backup import BackupError, BadBackupError, check, record_backup, restore, write_backup
from api.backup.archive import Reader, Writer
from api.backup.marker import MARKER
from api.bootstrap import prepare
from api.database import Database
from api.errors import UnavailableError
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import GradingJob, ProgressEvent
from api.keys import Keys
from api.operations.models import AuditEntry
from api.services import Services
from api.settings import Settings
from api.submissions.models import Submission, SubmissionFile


@pytest.fixture
def busy_school(open_school):
    """A school with work in each state, and with values that are easily changed on the way."""
    open_school.submit("ada", "# ünïcode ✓\n".encode())
    open_school.grade(7.1)
    open_school.submit("ada", b"x = 2\n")
    open_school.submit("bob", b"x = 3\n")
    with open_school.services.database.writing() as session:
        moment = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
        session.add(User(name='O\'Brien \\ \t "李" \u2028', email="odd@example.org", created_at=moment))
        session.add(AuditEntry(action="x", subject="", detail={"a": [1, 2.5, None, "é"], "b": {}}, at=moment))
        pset = session.scalars(select(Submission.pset_id)).first()
        for after in (0.1 + 0.2, 1e-300, math.pi, None):
            session.add(GradeChange(pset_id=pset, user_id=1, actor_id=1, reason="x", before=0.1, after=after))
    return open_school


@pytest.fixture
def backup(busy_school, tmp_path):
    return write_backup(busy_school.settings, tmp_path / "school.backup")


@pytest.fixture(scope="module")
def small_backup(tmp_path_factory):
    """A backup of a service that nobody has used yet: what is wrong with a file needs no more."""
    folder = tmp_path_factory.mktemp("small")
    settings = Settings(data=folder / "data")
    prepare(settings)
    return write_backup(settings, folder / "small.backup")


@pytest.fixture
def elsewhere(tmp_path, request):
    """``elsewhere(kind)``: the settings of an empty folder and an empty database of that kind."""
    made, numbers = [], itertools.count()

    def make(kind="sqlite"):
        url = None
        if kind == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            url = server.new_database()
            made.append((server, url))
        return Settings(data=tmp_path / f"elsewhere{next(numbers)}", database_url=url)

    yield make
    for server, url in made:
        server.drop(url)


def contents(path):
    """What must be equal in two backups of the same service."""
    members = Reader(path).members
    return {name: member for name, member in members.items() if name != "backup.json"}


def names(settings):
    return sorted(path.name for path in settings.data.iterdir()) if settings.data.exists() else []


def test_there_and_back_every_row_and_file_is_the_same(busy_school, backup, elsewhere, tmp_path):
    there, back = elsewhere("postgresql"), elsewhere("sqlite")
    restored = restore(there, backup.path)
    assert (restored.rows, restored.files, restored.has_key) == (backup.rows, backup.files, True)
    second = write_backup(there, tmp_path / "second")
    restore(back, second.path)
    third = write_backup(back, tmp_path / "third")
    assert contents(backup.path) == contents(second.path) == contents(third.path)
    assert backup.rows > 30
    assert backup.files >= 5
    assert check(there) == check(back) == []
    assert Keys.load(back.data) == busy_school.services.keys


def test_the_copy_is_a_working_service(busy_school, backup, elsewhere, database_kind):
    settings = elsewhere(database_kind)
    restore(settings, backup.path)
    assert prepare(settings).admin_token is None
    copy = type(busy_school)(settings, busy_school.tokens, busy_school.app)
    try:
        before = {one["id"] for one in copy.get("ada", "/courses/dl/submissions").json()}
        mine = copy.submit("ada", b"x = 4\n")
        assert mine not in before
        copy.grade(9.5)
        assert copy.get("ada", f"/submissions/{mine}").json()["score"] == 9.5
        assert copy.get("ada", "/courses/dl/scores").json()[0]["score"] == 9.5
    finally:
        copy.close()
    assert check(settings) == []


def test_numbers_that_were_given_out_are_not_given_out_again(busy_school, elsewhere, tmp_path, database_kind):
    database = busy_school.services.database
    with database.writing() as session:
        job = session.scalars(select(GradingJob.id)).first()
        session.add(ProgressEvent(id=1000, job_id=job, kind="x", data=""))
        session.flush()
        if database.kind == "postgresql":
            session.execute(text("SELECT setval('progress_events_id_seq', 1000)"))
        session.execute(delete(ProgressEvent))
    copy = elsewhere("postgresql" if database_kind == "sqlite" else "sqlite")
    restore(copy, write_backup(busy_school.settings, tmp_path / "b").path)
    opened = Database(copy.database_address)
    with opened.writing() as session:
        event = ProgressEvent(job_id=job, kind="x", data="")
        session.add(event)
        session.flush()
        assert event.id == 1001
    opened.close()


def test_a_backup_is_for_its_owner_only_and_replaces_nothing(busy_school, backup):
    assert backup.path.stat().st_mode & 0o777 == 0o600
    before = backup.path.read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        write_backup(busy_school.settings, backup.path)
    assert backup.path.read_bytes() == before


def test_a_backup_that_fails_leaves_nothing(busy_school, tmp_path, monkeypatch):
    (tmp_path / "backups").mkdir()

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.backup.writing.Writer.add_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_backup(busy_school.settings, tmp_path / "backups" / "b")
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_key_can_be_kept_apart(busy_school, elsewhere, tmp_path):
    secret = Keys.file(busy_school.settings.data).read_bytes()
    without = write_backup(busy_school.settings, tmp_path / "b", with_key=False)
    assert secret not in without.path.read_bytes()
    settings = elsewhere()
    settings.data.mkdir()
    Keys.file(settings.data).write_bytes(secret)
    assert not restore(settings, without.path).has_key
    assert Keys.load(settings.data) == busy_school.services.keys
    without_any = elsewhere()
    restore(without_any, without.path)
    assert [finding.what for finding in check(without_any)] == [
        "cannot read service.key in the data folder: restore it from your backup"
    ]


def test_a_backup_made_in_the_middle_of_work_is_whole(busy_school, elsewhere, tmp_path):
    stop = threading.Event()

    def work():
        for number in range(200):
            if stop.is_set():
                return
            busy_school.services.store.put(b"%d" % number)
            with busy_school.services.database.writing() as session:
                first = session.scalars(select(Submission)).first()
                blob = busy_school.services.store.put(b"file %d" % number)
                session.add(
                    Submission(
                        id=f"n{number}",
                        pset_id=first.pset_id,
                        user_id=first.user_id,
                        attempt=1000 + number,
                        digest="d",
                        package_digest=first.package_digest,
                        idempotency_key=f"n{number}",
                        received_at=datetime.now(UTC),
                        files=[SubmissionFile(problem="alpha", sha256=blob, size=6)],
                        job=GradingJob(user_id=first.user_id),
                    )
                )

    thread = threading.Thread(target=work)
    thread.start()
    try:
        made = [write_backup(busy_school.settings, tmp_path / f"b{number}") for number in range(3)]
    finally:
        stop.set()
        thread.join()
    for one in made:
        assert one.missing == ()
        settings = elsewhere()
        restore(settings, one.path)
        assert check(settings) == []


def test_a_restore_goes_into_an_empty_place_only(backup, busy_school, elsewhere, tmp_path):
    with pytest.raises(BackupError, match="something in the database already"):
        restore(busy_school.settings, backup.path)
    full = elsewhere()
    full.data.mkdir()
    (full.data / "thesis.tex").write_text("mine")
    with pytest.raises(BackupError, match=r"not empty: it holds thesis\.tex"):
        restore(full, backup.path)
    assert (full.data / "thesis.tex").read_text() == "mine"
    assert MARKER not in names(full)
    assert MARKER not in names(busy_school.settings)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "broken", ["api.store.ContentStore.create", "api.keys.Keys.put_back", "api.backup.restoring.load_table",
               "api.backup.restoring.RestoreMarker.remove"]
)  # fmt: skip
def test_an_interrupted_restore_says_so_and_can_be_repeated(
    small_backup, elsewhere, monkeypatch, broken, kind
):
    settings = elsewhere(kind)

    def die(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(broken, die)
        with pytest.raises(KeyboardInterrupt):
            restore(settings, small_backup.path)
    for start in (prepare, Services.open):
        with pytest.raises(UnavailableError, match=r"was not finished\. Run it again: gradecli db restore"):
            start(settings)
    restore(settings, small_backup.path)
    assert MARKER not in names(settings)
    assert check(settings) == []


def test_an_unfinished_restore_is_not_continued_with_another_backup(
    busy_school, backup, elsewhere, monkeypatch, tmp_path
):
    settings = elsewhere()
    with monkeypatch.context() as patch:
        patch.setattr("api.keys.Keys.put_back", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restore(settings, backup.path)
    busy_school.submit("bob", b"more")
    other = write_backup(busy_school.settings, tmp_path / "other")
    with pytest.raises(BackupError, match="restore of another backup"):
        restore(settings, other.path)


def test_damage_anywhere_is_found(small_backup, tmp_path):
    whole = small_backup.path.read_bytes()
    damaged, found = tmp_path / "damaged", 0
    for at in range(0, len(whole.rstrip(b"\0")), 61):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            members = Reader(damaged).members
        except BadBackupError:
            found += 1
        else:
            # What lies between the members holds nothing.
            assert members == Reader(small_backup.path).members
    assert found > 100


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 0.3, 0.9, 0.99])
def test_a_backup_that_was_cut_off_is_refused(small_backup, elsewhere, tmp_path, kept):
    whole = small_backup.path.read_bytes()
    cut = tmp_path / "cut"
    content = len(whole.rstrip(b"\0"))  # a tar ends with blocks of nothing
    cut.write_bytes(whole[: kept if isinstance(kept, int) else int(content * kept)])
    settings = elsewhere()
    with pytest.raises(BadBackupError, match="cannot be used"):
        restore(settings, cut)
    assert names(settings) == []


def with_member(backup, path, header, content=b""):
    """The backup with one more member, which its manifest lists."""
    with path.open("wb") as file:
        writer = Writer(file)
        for member, stream in Reader(backup.path).contents():
            writer.add_bytes(member.name, stream.read() if member.size else b"")
        if isinstance(header, str):
            writer.add_bytes(header, content)
        else:
            header.size = len(content)
            writer._tar.addfile(header, io.BytesIO(content))
        writer.finish()
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/cron.d/evil",
        "blobs/../../evil",
        "packages/version1000/../../evil",
        "packages/../evil/x",
        "packages/version1000//x",
        "packages/version1000/a\\b",
        "packages/version1000/a\nb",
        "packages/version1000/" + "x" * 300,
        "packages/version1000/" + "d/" * 40 + "x",
        "blobs/" + "A" * 64,
        "blobs/" + "a" * 63,
        "tables/../x.jsonl",
        "gradecli.sqlite3",
        "staging/x",
        "service.key/x",
    ],
)
def test_a_member_that_leads_elsewhere_is_refused(small_backup, elsewhere, tmp_path, name):
    settings = elsewhere()
    with pytest.raises(BadBackupError, match="cannot be used"):
        restore(settings, with_member(small_backup, tmp_path / "hostile", name, b"x"))
    assert names(settings) == []


@pytest.mark.parametrize(
    "kind",
    [
        *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE),
        *(tarfile.GNUTYPE_SPARSE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE),
    ],
)
def test_anything_but_a_plain_file_is_refused(small_backup, elsewhere, tmp_path, kind):
    header = tarfile.TarInfo("packages/version1000/x")
    header.type, header.linkname = kind, "/etc/passwd"
    settings = elsewhere()
    with pytest.raises(BadBackupError, match="cannot be used"):
        restore(settings, with_member(small_backup, tmp_path / "hostile", header))
    assert names(settings) == []


def test_a_header_that_claims_to_be_endless_is_refused(small_backup, elsewhere, tmp_path):
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    path = with_member(small_backup, tmp_path / "hostile", header, b"20 comment=" + b"x" * 1_000_000)
    with pytest.raises(BadBackupError, match="cannot be used"):
        restore(elsewhere(), path)


def test_a_stored_file_under_anothers_name_is_refused(small_backup, elsewhere, tmp_path):
    name = "blobs/" + sha256(b"right").hexdigest()
    with pytest.raises(BadBackupError, match="not what it says"):
        restore(elsewhere(), with_member(small_backup, tmp_path / "hostile", name, b"wrong"))


def test_a_backup_of_a_newer_schema_says_what_to_install(small_backup, elsewhere, tmp_path):
    path = tmp_path / "newer"
    with path.open("wb") as file:
        writer = Writer(file)
        for member, stream in Reader(small_backup.path).contents():
            content = stream.read()
            if member.name == "backup.json":
                header = json.loads(content) | {"schema_revision": "9999", "made_by": "gradecli 7.0"}
                content = json.dumps(header).encode()
            writer.add_bytes(member.name, content)
        writer.finish()
    with pytest.raises(BackupError, match=r"schema 9999.*made by gradecli 7\.0: install"):
        restore(elsewhere(), path)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_the_first_schema_is_restored_and_upgraded(old_school, elsewhere, tmp_path, kind):
    made = write_backup(old_school, tmp_path / "old.backup")
    settings = elsewhere(kind)
    assert restore(settings, made.path).schema == "0001"
    assert check(settings) == []
    database = Database(settings.database_address)
    with database.writing() as session:
        assert session.get_one(GradeReportRow, 1).score == 7.1
        assert session.scalars(select(GradingJob.user_id)).all() == [2, 2, 2]
        user = User(name="new", email="new")
        session.add(user)
        session.flush()
        assert user.id == 6
    database.close()


class TestChecking:
    def test_a_sound_service_has_no_findings(self, busy_school):
        assert check(busy_school.settings) == []

    def test_lost_and_damaged_files_are_listed(self, busy_school):
        with busy_school.services.database.reading() as session:
            lost, damaged = session.scalars(
                select(SubmissionFile.sha256).order_by(SubmissionFile.size)
            ).all()[:2]
        blobs = busy_school.settings.data / "blobs"
        (blobs / lost[:2] / lost).unlink()
        (blobs / damaged[:2] / damaged).write_bytes(b"other")
        found = {finding.what for finding in check(busy_school.settings)}
        advice = "restore the data folder from your backup (named in submission_files)"
        assert found == {
            f"stored file {lost[:12]} is missing: {advice}",
            f"stored file {damaged[:12]} is damaged: {advice}",
        }

    def test_files_that_were_removed_in_time_are_not_missed(self, busy_school):
        for path in (busy_school.settings.data / "blobs").glob("*/*"):
            path.unlink()
        with busy_school.services.database.writing() as session:
            session.execute(update(Submission).values(files_removed_at=datetime.now(UTC)))
        findings = [finding.what for finding in check(busy_school.settings)]
        assert len(findings) == 1
        assert "(named in package_versions)" in findings[0]

    def test_a_lost_package_and_a_lost_key_are_listed(self, busy_school):
        (package,) = (busy_school.settings.data / "packages").iterdir()
        package.rename(package.with_name("elsewhere"))
        Keys.file(busy_school.settings.data).unlink()
        found = [finding.what for finding in check(busy_school.settings)]
        assert len(found) == 2
        assert "package version1" in found[0]
        assert "service.key" in found[1]

    def test_rows_that_do_not_belong_together_are_listed(self, busy_school):
        with busy_school.services.database.writing() as session:
            ids = session.scalars(select(Submission.id).order_by(Submission.received_at)).all()
            session.execute(delete(GradingJob).where(GradingJob.submission_id == ids[1]))
            session.execute(delete(SubmissionFile).where(SubmissionFile.submission_id == ids[2]))
            session.execute(update(GradingJob).where(GradingJob.submission_id == ids[2]).values(state="done"))
        assert {finding.what for finding in check(busy_school.settings)} == {
            f"submission {ids[1]} has no grading job: it will never be graded",
            f"submission {ids[2]} has no files",
            f"submission {ids[2]} is marked as graded, but has no report",
        }

    def test_a_backup_says_what_it_could_not_hold(self, busy_school, tmp_path):
        with busy_school.services.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(SubmissionFile)) == 3
            lost = session.scalars(select(SubmissionFile.sha256)).first()
        (busy_school.settings.data / "blobs" / lost[:2] / lost).unlink()
        written = write_backup(busy_school.settings, tmp_path / "b")
        assert len(written.missing) == 1
        assert Path(written.path).exists()


def test_a_backup_leaves_an_entry_that_tells_its_age(busy_school, backup):
    record_backup(busy_school.settings, backup)
    with busy_school.services.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "db.backup")).one()
    assert (entry.actor_id, entry.subject) == (None, "school.backup")
    assert entry.detail == {"digest": backup.digest, "bytes": backup.size, "missing": 0}
