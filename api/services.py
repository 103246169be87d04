"""What the service's functions work with: opened once in each process, passed to whoever needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

import api.models
from api.accounts.passwords import Passwords
from api.backup.marker import require_restored
from api.courses.packages import DiskPackages, PackageSource
from api.database import Database
from api.keys import Keys
from api.limits import Limits
from api.migrations import require_current
from api.monitoring.metrics import Metrics
from api.settings import Settings
from api.store import ContentStore

__all__ = ["Services"]

assert api.models.__all__, "every table must be known before any of them is used: they refer to each other"


@dataclass(frozen=True, slots=True)
class Services:
    """The settings and everything that is opened from them."""

    settings: Settings
    database: Database
    store: ContentStore
    keys: Keys
    packages: PackageSource
    limits: Limits
    passwords: Passwords
    metrics: Metrics = field(default_factory=Metrics)

    @classmethod
    def open(cls, settings: Settings, *, packages: PackageSource | None = None) -> Services:
        """Open what :func:`api.bootstrap.prepare` made.

        Raises:
            StoreError: the keys are missing.
            UnavailableError: the database's schema is not the one this version needs, or a restore was
            not finished.
        """
        require_restored(settings.data)
        store = ContentStore(settings.data)
        keys = Keys.load(settings.data)
        database = Database(settings.database_address)
        require_current(database)
        opened = cls(
            settings=settings,
            database=database,
            store=store,
            keys=keys,
            packages=packages or DiskPackages(settings.problems, store, builder=settings.package_builder),
            limits=Limits.of(settings),
            passwords=Passwords(),
        )
        opened.metrics.watch(database.engine)
        return opened

    def close(self) -> None:
        self.database.close()
