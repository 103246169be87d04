"""What pages say: scores, next steps, reports, listings, the gradebook's order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.submissions.schemas import SubmissionState
from api.web.views.gradebook import gradebook_view, student_view
from api.web.views.report import Tone, report_view, score
from api.web.views.student import course_view, next_step, set_view
from api.web.views.submission import source_file, submission_view
from grader.report import Verdict, Visibility


def page(course, submission, report=None, **changes):
    fields = {
        "seen": (),
        "problems": course.problems,
        "course_title": "Deep Learning",
        "pset_title": "Backpropagation by hand",
        "files": {},
        "receipt": "gradecli-receipt-1.abc.def",
        "best": None,
        "staff": False,
        "own": True,
        "accepting": True,
        "now": course.now,
    }
    return submission_view(submission, report, **{**fields, **changes})


def test_only_full_marks_are_full():
    assert score(10, 10).full
    assert not score(9.99, 10).full
    assert score(9.99, 10).percent == 99
    assert score(0, 0).full


class TestReport:
    def test_a_student_never_gets_a_hidden_checks_detail(self, course):
        view = report_view(course.report, staff=False)
        hidden = [check for problem in view.problems for check in problem.scored]
        assert {(check.detail, check.printed, check.instance) for check in hidden} == {("", "", None)}
        assert view.facts == ()

    def test_a_student_gets_everything_of_a_public_check(self, course):
        nudge = report_view(course.report, staff=False).problems[0].public[1]
        assert "want" in nudge.detail
        assert nudge.printed == "shape (4, 3)\n‹U+001B›[31mred‹U+001B›[0m"

    def test_staff_see_the_detail_and_where_it_ran(self, course):
        view = report_view(course.report, staff=True)
        assert view.problems[0].scored[2].detail.startswith("instance 11")
        assert {fact.label for fact in view.facts} >= {"Sandbox", "Limits not enforced", "Submission"}

    def test_flags_are_for_staff(self, course):
        assert report_view(course.report, staff=True).problems[0].flags == (
            "Called under another name as it ran: numpy.matmul, 3 times. Forbidden here: read the file.",
            "Called under another name as it ran: numpy.einsum, once. Forbidden here: read the file.",
        )
        assert report_view(course.report, staff=False).problems[0].flags == ()

    def test_the_first_small_example_of_a_problem_is_open_and_the_others_wait(self, course):
        checks = report_view(course.report, staff=False).problems[0].scored
        examples = [check.example for check in checks if check.example is not None]
        assert [example.opened for example in examples] == [True, False]
        assert examples[0].code.splitlines()[1] == "from linear_softmax import linear_backward"
        assert (examples[0].got, examples[0].right) == ("array([[-3.0]])", "array([[-1.5]])")

    def test_every_verdict_has_a_tone_and_only_passing_is_good(self, course):
        tones = {
            check.verdict: check.tone for check in report_view(course.report, staff=True).problems[0].scored
        }
        assert set(tones) == set(Verdict)
        assert [verdict for verdict, tone in tones.items() if tone is Tone.GOOD] == [Verdict.PASSED]
        assert tones[Verdict.INTERNAL_ERROR] is Tone.INCIDENT

    def test_the_summary_counts_what_is_scored(self, course):
        sentence = report_view(course.report, staff=False).summary
        assert sentence == "4 of 12 checks passed. 1 check did not run: start with the ones that failed."

    def test_what_holds_for_a_whole_problem_is_said_once(self, course):
        said = {"message": "linear_softmax.py is not valid Python.", "detail": "SyntaxError: line 2"}
        checks = tuple(check.model_copy(update=said) for check in course.checks)
        problem = course.report.problems[0].model_copy(update={"message": said["message"], "checks": checks})
        view = report_view(course.report.model_copy(update={"problems": (problem,)}), staff=False).problems[0]
        assert (view.message, view.detail) == (said["message"], said["detail"])
        assert {(check.message, check.detail) for check in (*view.scored, *view.public)} == {("", "")}
        assert len(view.public) == 2

    def test_a_mistake_is_named_once_in_a_problem(self, course):
        checks = [check for check in course.checks if check.visibility is Visibility.HIDDEN]
        wrong = next(check for check in checks if check.diagnosis is not None)
        problem = course.report.problems[0].model_copy(update={"checks": (wrong, wrong, wrong)})
        report = course.report.model_copy(update={"problems": (problem, problem)})
        for each in report_view(report, staff=False).problems:
            assert [check.diagnosis for check in each.scored] == [wrong.diagnosis.sentence, "", ""]
            assert [check.message for check in each.scored] == [wrong.message] * 3

    def test_full_marks_say_so(self, course):
        report = course.report.model_copy(update={"problems": course.report.problems[1:]})
        assert report_view(report, staff=False).summary == "Full marks: every check passed."


class TestNextStep:
    def test_nothing_handed_in_yet(self, course):
        step = next_step("dl-2026", course.backprop, None, None)
        assert (step.label, step.href) == ("Start", "/courses/dl-2026/psets/pset1")

    def test_too_late_to_start(self, course):
        assert next_step("dl-2026", course.warm_up, None, None).href == ""

    @pytest.mark.parametrize("state", [SubmissionState.QUEUED, SubmissionState.RUNNING])
    def test_being_graded(self, course, state):
        step = next_step("dl-2026", course.backprop, None, course.submission(3, state=state, score=None))
        assert (step.sentence, step.label) == ("Attempt 3 is being graded.", "Watch")

    def test_the_platform_failed(self, course):
        failed = course.submission(3, state=SubmissionState.FAILED, score=None)
        assert "not yours" in next_step("dl-2026", course.backprop, None, failed).sentence

    def test_points_left(self, course):
        step = next_step("dl-2026", course.backprop, course.scores[0], course.submission(3))
        assert step.label == "Read the feedback on attempt 3"

    def test_nothing_left_to_do(self, course):
        mine = course.scores[0].model_copy(update={"score": 10.0})
        assert "Full marks" in next_step("dl-2026", course.backprop, mine, course.submission(3)).sentence

    def test_it_is_over(self, course):
        closed = course.backprop.model_copy(update={"accepting": False})
        step = next_step("dl-2026", closed, course.scores[0], course.submission(3))
        assert (step.sentence, step.label) == ("This score is final.", "Read your report")


class TestCourse:
    def test_what_is_due_first_comes_first_and_what_is_over_last(self, course):
        soon = course.backprop.model_copy(update={"name": "soon", "due_at": course.now + timedelta(hours=1)})
        psets = [course.warm_up, course.attention, course.backprop, soon]
        view = course_view(course.student, psets, course.scores, course.submissions, course.now)
        assert [card.name for card in view.sets] == ["soon", "pset1", "pset2", "pset0"]
        assert view.gradebook_href == ""

    def test_staff_are_led_to_the_scores(self, course):
        view = course_view(course.staff, [course.backprop], [], [], course.now)
        assert view.gradebook_href == "/courses/dl-2026/gradebook"
        assert view.sets[0].next_step.href == "/courses/dl-2026/gradebook?sort=pset1&order=descending"

    def test_the_attempt_that_counts_is_marked(self, course):
        view = set_view(
            course.student, course.backprop, course.scores[0], course.submissions, now=course.now, ticket="t"
        )
        assert [(row.number, row.counts) for row in view.attempts] == [(3, True), (2, False), (1, False)]


class TestSubmission:
    def test_how_long_the_queue_is(self, course):
        queued = course.submission(3, state=SubmissionState.QUEUED, queue_position=2)
        assert page(course, queued).progress.sentence == "In the queue, 1 submission ahead."
        first = queued.model_copy(update={"queue_position": 1})
        assert page(course, first).progress.sentence == "In the queue, next to be graded."

    def test_how_far_grading_is(self, course):
        running = course.submission(3, state=SubmissionState.RUNNING)
        progress = page(course, running, seen=course.seen).progress
        assert progress.sentence == "Problem 1 of 2: 5 of 12 checks done."
        assert progress.done == "0.417"
        assert [len(problem.checks) for problem in progress.problems] == [5, 0]

    def test_progress_is_the_students_copy_even_for_staff(self, course):
        running = course.submission(3, state=SubmissionState.RUNNING)
        raw = [course.seen[4].model_copy(update={"check": course.checks[4]})]
        problem = page(course, running, seen=raw, staff=True, own=False).progress.problems[0]
        assert problem.checks[0].detail == ""

    def test_which_attempt_counts(self, course):
        submission = course.submission(2)
        assert page(course, submission, course.report, best=submission.id).counts.startswith(
            "This is your best"
        )
        assert "counts instead" in page(course, submission, course.report, best="another").counts
        assert page(course, submission, course.report).counts == ""

    def test_who_has_points_left_and_time_is_led_to_the_next_attempt(self, course):
        submission = course.submission(3)
        full = course.report.model_copy(update={"score": 10.0})
        assert page(course, submission, course.report).again_href == "/courses/dl-2026/psets/pset1#hand-in"
        assert page(course, submission, full).again_href == ""
        assert page(course, submission, course.report, accepting=False).again_href == ""
        assert page(course, submission, course.report, own=False).again_href == ""

    def test_nobody_else_learns_a_retry_address(self, course):
        failed = course.submission(3, state=SubmissionState.FAILED)
        assert page(course, failed).retry_href == ""
        assert page(course, failed, staff=True).retry_href.endswith("/retry")

    def test_lines_are_numbered_as_an_editor_does(self):
        file = source_file("1", "attention.py", b"a\n\nb\n")
        assert [(line.number, line.text) for line in file.lines] == [(1, "a"), (2, ""), (3, "b")]
        assert file.lines[2].anchor == "attention-L3"
        assert source_file("1", "attention.py", b"").lines == ()

    def test_a_listing_is_bounded_and_says_so(self):
        long = source_file("1", "a.py", b"x\n" * 5000)
        assert (len(long.lines), long.note) == (4000, "The first 4000 of 5000 lines are shown here.")
        wide = source_file("1", "a.py", b"x" * 5000)
        assert len(wide.lines[0].text) < 1100
        assert wide.note == "Long lines are cut here."


class TestGradebook:
    def view(self, course, sort="", *, descending=False, size=12):
        return gradebook_view(
            course.book(size), course="dl", course_title="Deep Learning", sort=sort, descending=descending
        )

    def test_by_name_unless_asked_otherwise(self, course):
        names = [row.name for row in self.view(course).rows]
        assert names == sorted(names, key=str.casefold)
        assert [row.name for row in self.view(course, "nonsense").rows] == names

    @pytest.mark.parametrize("descending", [True, False])
    def test_by_score_with_those_without_one_last(self, course, descending):
        rows = self.view(course, "pset1", descending=descending).rows
        scores = [None if row.cells[0] is None else float(row.cells[0].text) for row in rows]
        known = [score for score in scores if score is not None]
        assert known == sorted(known, reverse=descending)
        assert scores[len(known) :] == [None] * (len(scores) - len(known))
        assert None in scores

    def test_by_total(self, course):
        totals = [float(row.total) for row in self.view(course, "Total", descending=True).rows]
        assert totals == sorted(totals, reverse=True)

    @pytest.mark.parametrize("descending", [True, False])
    def test_by_section_with_those_in_none_last(self, course, descending):
        view = gradebook_view(
            course.book_with_sections(9), course="dl", course_title="", sort="Section", descending=descending
        )
        sections = [row.section for row in view.rows]
        assert sections[6:] == [None] * 3
        assert sections[:6] == sorted(sections[:6], reverse=descending)
        assert [column.title for column in view.columns] == ["Student", "Section", "pset1", "pset2", "Total"]

    def test_one_section_stays_chosen_when_the_table_is_sorted_and_taken_along(self, course):
        view = gradebook_view(
            course.book_with_sections(9), course="dl", course_title="", sort="", descending=False, section="A"
        )
        assert [link.label for link in view.sections if link.here] == ["A"]
        assert all("section=A" in column.sort_href for column in view.columns)
        assert view.csv_href.endswith("gradebook.csv?section=A")

    def test_a_second_click_turns_the_order_round(self, course):
        fresh, up, down = (
            self.view(course, sort, descending=descending).columns[1]
            for sort, descending in (("", False), ("pset1", False), ("pset1", True))
        )
        assert (fresh.direction, fresh.sort_href[-10:]) == ("none", "descending")
        assert (up.direction, up.sort_href[-10:]) == ("ascending", "descending")
        assert (down.direction, down.sort_href[-9:]) == ("descending", "ascending")

    def test_a_set_may_be_called_total(self, course):
        book = course.book(3)
        renamed = [set_.model_copy(update={"name": "total"}) for set_ in book.psets[:1]]
        rows = [row.model_copy(update={"scores": {"total": row.scores["pset1"]}}) for row in book.rows]
        book = book.model_copy(update={"psets": tuple(renamed), "rows": tuple(rows)})
        view = gradebook_view(book, course="dl", course_title="", sort="total", descending=True)
        assert [column.direction for column in view.columns] == ["none", "descending", "none"]

    def test_scores_of_a_set_line_up_and_its_median_too(self, course):
        view = self.view(course)
        lengths = {len(cell.text.partition(".")[2]) for row in view.rows if (cell := row.cells[0])}
        assert lengths == {len(view.medians[0].partition(".")[2])}

    def test_what_is_not_graded_is_said_and_leads_to_the_student(self, course):
        cell = next(
            row.cells[1] for row in self.view(course, size=13).rows if row.cells[1] and row.cells[1].pending
        )
        assert cell.text == "not graded"
        assert cell.href.startswith("/courses/dl/students/")

    def test_an_empty_course(self, course):
        view = self.view(course, size=0)
        assert view.rows == ()
        assert view.medians == ("", "", "")

    def test_staff_who_hand_in_are_not_in_the_gradebook(self, course):
        view = student_view(
            None, course.book(0).psets, course.submissions, course="dl", course_title="", now=course.now
        )
        assert (view.name, view.total) == ("Ada Lovelace", None)
