"""What the tasks ask, in words that all labs share."""

from __future__ import annotations

TASKS = {
    "palindrome": "A palindrome of T digits is read one digit a step, all but the last; the last, "
    "which equals the first, is predicted. The first digit must be kept over T - 2 further steps.",
    "digits": "Real handwritten digits of 8 by 8 pixels are read row by row, in 8 steps, and told "
    "apart.",
}
