"""What formulas of defined fields are worked out with."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION parties_days_after(day date, number numeric) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN number BETWEEN -3660000 AND 3660000 THEN
        CASE WHEN day + trunc(number)::int BETWEEN make_date(1, 1, 1) AND make_date(9999, 12, 31)
            THEN day + trunc(number)::int END
    END
$$;
CREATE FUNCTION parties_years_between(earlier date, later date) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT extract(year FROM later) - extract(year FROM earlier) - CASE
        WHEN (extract(month FROM later), extract(day FROM later))
            < (extract(month FROM earlier), extract(day FROM earlier)) THEN 1 ELSE 0 END
$$;
CREATE FUNCTION parties_bounded(number numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN abs(number) < 1000000000000000 THEN round(number, 8) END
$$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION parties_bounded;
DROP FUNCTION parties_years_between;
DROP FUNCTION parties_days_after;
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0009_provenance_digest")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]
