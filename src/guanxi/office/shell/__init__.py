"""The frame of every page: navigation, languages, themes, refusals."""
