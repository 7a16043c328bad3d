"""What people say of alarms on real devices: confirmed, false, missed; and what a model can learn from it."""

from envirosense.learning.feedback.counts import FeedbackCount, FeedbackCounts, feedback_counts
from envirosense.learning.feedback.matching import feedback_errors, feedback_samples
from envirosense.learning.feedback.reading import FeedbackScope, add_feedback, read_feedback
from envirosense.learning.feedback.record import FeedbackRecord

__all__ = [
    "FeedbackCount",
    "FeedbackCounts",
    "FeedbackRecord",
    "FeedbackScope",
    "add_feedback",
    "feedback_counts",
    "feedback_errors",
    "feedback_samples",
    "read_feedback",
]
