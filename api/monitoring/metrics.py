"""What the web process counts itself: requests, refused submissions, errors of the database.

Everything about grading is read from the database when it is asked for (:mod:`api.monitoring.figures`),
so that all workers count, wherever they run, and nothing is lost when a process ends.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from http import HTTPMethod
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from api.errors import ApiError

__all__ = ["Metrics", "counting_refusals"]

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset(HTTPMethod)

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Metrics(Collector):
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "gradecli_http_requests",
            "Requests answered, by the route's template.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "gradecli_http_request_seconds",
            "Time from a request's arrival to the beginning of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._refused = Counter(
            "gradecli_submissions_refused",
            "Submissions that were not taken in, by the refusal's code.",
            ("reason",),
            registry=self._registry,
        )
        self._database_errors = Counter(
            "gradecli_database_errors",
            "Statements of this process that the database did not carry out, by the kind of error.",
            ("kind",),
            registry=self._registry,
        )

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. ``route`` is a template: one of as many as there are routes."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def submission_refused(self, error: ApiError) -> None:
        self._refused.labels(error.code).inc()

    def watch(self, engine: Engine) -> None:
        """Count the errors of ``engine`` from now on."""

        def failed(context: ExceptionContext) -> None:
            error = context.sqlalchemy_exception or context.original_exception
            self._database_errors.labels(type(error).__name__).inc()

        event.listen(engine, "handle_error", failed)


class _Counting(Protocol):
    @property
    def metrics(self) -> Metrics: ...


_S = TypeVar("_S", bound=_Counting)


def counting_refusals(take_in: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """Make a function that takes a submission in count what it refuses. Its first argument counts."""

    @functools.wraps(take_in)
    def counted(services: _S, /, *arguments: _P.args, **named: _P.kwargs) -> _R:
        try:
            return take_in(services, *arguments, **named)
        except ApiError as error:
            services.metrics.submission_refused(error)
            raise

    return counted
