"""What the retention rule removes from a service's data: shown first, then done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from gradecli.errors import BadInputError, PlatformError
from gradecli.operator_service import read_settings
from gradecli.terminal import say

__all__ = ["Outcome", "carry_out", "show"]

_KIB = 1024


@dataclass(frozen=True)
class Outcome:
    """What was found, or removed where ``applied``. ``rules`` are the days in force, by kind."""

    applied: bool
    rules: dict[str, int | None]
    removals: tuple[dict[str, object], ...]
    unreferenced: dict[str, int]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def carry_out(*, data: Path | None, apply: bool) -> Outcome:
    """Find what the rule removes, and remove it where ``apply`` says so.

    Raises:
        BadInputError: there is no service's data there, or a setting cannot be right.
        PlatformError: its database cannot be used.
    """
    settings = read_settings(data=data)
    if settings.database_url is None and not settings.data.is_dir():
        raise BadInputError(
            f"There is no service's data in {settings.data}. Name its folder with --data DIR."
        )
    from api.database import now
    from api.errors import ApiError, StoreError
    from api.operations import retention
    from api.operations.collection import collect_garbage
    from api.services import Services

    try:
        services = Services.open(settings)
    except (ApiError, StoreError) as error:
        raise PlatformError(f"The data in {settings.data} cannot be used: {error}") from error
    moment = now()
    try:
        if apply:
            with services.database.writing() as session:
                removals = retention.apply(session, settings, at=moment)
        else:
            with services.database.reading() as session:
                removals = retention.preview(session, settings, at=moment)
        collected = collect_garbage(services.database, services.store, at=moment, remove=apply)
    except ApiError as error:
        raise PlatformError(str(error)) from error
    finally:
        services.close()
    rules = {
        "files": settings.retention_files_days,
        "uploads": settings.retention_uploads_days,
        "transcripts": settings.retention_transcripts_days,
        "after_course": settings.retention_course_days,
    }
    return Outcome(apply, rules, tuple(asdict(removal) for removal in removals), asdict(collected))


def show(outcome: Outcome) -> None:
    """Print it for people."""
    kept = [f"{kind} {'for ever' if days is None else f'{days} days'}" for kind, days in outcome.rules.items()
            if kind != "after_course"]  # fmt: skip
    say(f"Kept: {', '.join(kept)}; all of a course {outcome.rules['after_course']} days after its end.")
    verb = "Removed" if outcome.applied else "Would be removed"
    for removal in outcome.removals:
        say(
            f"{verb}, {removal['course']}: {removal['items']} {removal['kind']} of "
            f"{removal['submissions']} submissions, {_size(removal['bytes'])}"
        )
    if not outcome.removals:
        say("Nothing is old enough." if not outcome.applied else "Nothing was old enough.")
    found = outcome.unreferenced
    say(
        f"{verb} from the store, belonging to nothing: {found['blobs']} files and "
        f"{found['leftovers']} leftovers, {_size(found['bytes'])}"
    )


def _size(count: object) -> str:
    assert isinstance(count, int)
    return f"{count} bytes" if count < _KIB else f"{count / _KIB:,.0f} KiB"
