"""What the tasks ask, in words that all labs share."""

from __future__ import annotations

TASKS = {
    "palindrome": "A palindrome of T digits is read one digit a step, all but the last; the last, "
    "which equals the first, is predicted. The first digit must be kept over T - 2 further steps.",
    "digits": "Real handwritten digits of 8 by 8 pixels are read row by row, in 8 steps, and told "
    "apart.",
    "mnist": "Handwritten digits of 28 by 28 pixels are told apart, read row by row (28 steps of "
    "28), pixel by pixel (784 steps of 1), or pixel by pixel in one fixed random order.",
    "adding": "T pairs of a number between 0 and 1 and a mark are read; the sum of the two marked "
    "numbers, one in each half, is the answer. Always saying 1 has a squared error of 0.167.",
    "copying": "Ten symbols out of eight are read, then T - 1 blanks and a signal; then the "
    "symbols are to be said again in their order, and blanks before. Without memory the "
    "cross-entropy is 10 ln 8 / (T + 20).",
    "characters": "Each next character of a text is predicted from those before it.",
}
