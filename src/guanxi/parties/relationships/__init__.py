"""Who is what to whom: family, household, work, ownership, money; told by sources, found, or said by staff."""
