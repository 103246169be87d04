"""Transcripts: everything that crossed the wire while a submission was graded, kept to be scored again.

``writing`` makes one while student code runs, ``reading`` reads it back as strictly as the wire itself
is read, and ``records`` is the form they share. A transcript holds hidden inputs: it is for staff only.
"""

from grader.transcripts.reading import Transcript, read_transcript
from grader.transcripts.writing import TranscriptWriter

__all__ = ["Transcript", "TranscriptWriter", "read_transcript"]
