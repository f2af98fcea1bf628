"""The services of the bank, one module each. A module that exports `SERVICE` is in the catalogue; there is no list."""
