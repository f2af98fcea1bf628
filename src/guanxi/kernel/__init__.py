"""Pure words and rules that every room shares: money, identifiers, time, names, errors. No I/O, no framework."""
