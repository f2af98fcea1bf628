"""Doubtful pairs before people: evidence side by side, verdicts, agreement, and what is learnt from them."""
