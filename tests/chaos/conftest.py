"""The same small school as the tests of the service have."""

from tests.api.conftest import app, furnished, open_school, school, school_settings

__all__ = ["app", "furnished", "open_school", "school", "school_settings"]
