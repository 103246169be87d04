"""Running the service: holds on grading, quarantine, retention, and the record of who did what."""
