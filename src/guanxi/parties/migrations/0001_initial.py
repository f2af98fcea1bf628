"""The first tables of the room."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=34, unique=True)),
                ("system", models.CharField(max_length=24)),
                ("product", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("blocked", "Blocked"), ("closed", "Closed")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("branch", models.CharField(blank=True, max_length=12)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                ("ledger_balance", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("available_balance", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("balance_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccountHolder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("authorised", "Authorised")],
                        default="owner",
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number_hash", models.BinaryField(unique=True)),
                ("masked_number", models.CharField(max_length=19)),
                ("kind", models.CharField(choices=[("debit", "Debit"), ("credit", "Credit")], max_length=6)),
                ("product", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("blocked", "Blocked"), ("expired", "Expired")],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("expires_on", models.DateField()),
                ("issued_on", models.DateField()),
                ("pin_verification_value", models.CharField(blank=True, max_length=4)),
                ("pin_failures", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "Phone"), ("email", "Email"), ("address", "Address")], max_length=8
                    ),
                ),
                ("value", models.CharField(max_length=300)),
                ("purpose", models.CharField(default="home", max_length=16)),
                ("preferred", models.BooleanField(default=False)),
                ("source", models.CharField(blank=True, max_length=24)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("resident_id", "Resident Id"),
                            ("hong_kong_id", "Hong Kong Id"),
                            ("passport", "Passport"),
                            ("unified_social_credit_code", "Unified Social Credit Code"),
                            ("birth_number", "Birth Number"),
                            ("staff_number", "Staff Number"),
                        ],
                        max_length=32,
                    ),
                ),
                ("value", models.CharField(max_length=40)),
                ("issuing_country", models.CharField(default="CN", max_length=2)),
            ],
        ),
        migrations.CreateModel(
            name="SourceRecord",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=24)),
                ("key", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField(default=1)),
                ("content", models.JSONField()),
                ("received_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Party",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("person", "Person"), ("organisation", "Organisation"), ("staff", "Staff")],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("latin_name", models.CharField(blank=True, max_length=200)),
                ("birth_date", models.DateField(null=True)),
                ("gender", models.CharField(blank=True, max_length=1)),
                ("language", models.CharField(default="zh-Hans", max_length=8)),
                ("branch", models.CharField(blank=True, max_length=12)),
                ("occupation", models.CharField(blank=True, max_length=60)),
                ("tier", models.CharField(blank=True, max_length=12)),
                ("customer_since", models.DateField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Relationship",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=24)),
                ("valid_from", models.DateField(null=True)),
                ("valid_to", models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StandingOrder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=40, unique=True)),
                ("to_bank", models.CharField(max_length=20)),
                ("to_account", models.CharField(max_length=34)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("purpose", models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="loan",
                        serialize=False,
                        to="parties.account",
                    ),
                ),
                ("principal", models.DecimalField(decimal_places=4, max_digits=19)),
                ("outstanding", models.DecimalField(decimal_places=4, max_digits=19)),
                ("annual_rate", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("term_months", models.PositiveSmallIntegerField()),
                ("instalment", models.DecimalField(decimal_places=4, max_digits=19)),
                ("granted_on", models.DateField()),
                ("standing", models.CharField(max_length=24)),
            ],
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "blocked", "closed"])),
                name="parties_account_status",
            ),
        ),
        migrations.AddField(
            model_name="accountholder",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="holders", to="parties.account"
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cards", to="parties.account"
            ),
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "source_record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="parties.sourcerecord",
                    ),
                ),
                ("evidence", models.JSONField(default=dict)),
                ("confidence", models.FloatField(default=1.0)),
                ("linked_at", models.DateTimeField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="sourcerecord",
            constraint=models.UniqueConstraint(
                fields=("source", "key", "version"), name="parties_source_record_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcerecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("superseded_at", None)),
                fields=("source", "key"),
                name="parties_source_record_current",
            ),
        ),
        migrations.CreateModel(
            name="PartySearch",
            fields=[
                (
                    "party",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="parties.party",
                    ),
                ),
                ("tokens", django.contrib.postgres.search.SearchVectorField()),
                (
                    "fuzzy",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["person", "organisation", "staff"])),
                name="parties_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("gender__in", ["", "F", "M"])), name="parties_gender_known"
            ),
        ),
        migrations.AddField(
            model_name="identifier",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="identifiers", to="parties.party"
            ),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="contact_points", to="parties.party"
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cards", to="parties.party"
            ),
        ),
        migrations.AddField(
            model_name="accountholder",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="holdings", to="parties.party"
            ),
        ),
        migrations.AddField(
            model_name="relationship",
            name="from_party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="relationships_from",
                to="parties.party",
            ),
        ),
        migrations.AddField(
            model_name="relationship",
            name="to_party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="relationships_to",
                to="parties.party",
            ),
        ),
        migrations.AddField(
            model_name="standingorder",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standing_orders",
                to="parties.account",
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="repaid_from",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.account"
            ),
        ),
        migrations.AddField(
            model_name="link",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="links", to="parties.party"
            ),
        ),
        migrations.AddIndex(
            model_name="partysearch",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["tokens"], name="parties_search_tokens"
            ),
        ),
        migrations.AddIndex(
            model_name="partysearch",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["fuzzy"], name="parties_search_fuzzy"
            ),
        ),
        migrations.AddIndex(
            model_name="identifier",
            index=models.Index(fields=["value"], name="parties_identifier_value"),
        ),
        migrations.AddIndex(
            model_name="contactpoint",
            index=models.Index(fields=["value"], name="parties_contact_value"),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "blocked", "expired"])),
                name="parties_card_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["debit", "credit"])), name="parties_card_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountholder",
            constraint=models.UniqueConstraint(fields=("account", "party"), name="parties_holder_once"),
        ),
        migrations.AddConstraint(
            model_name="accountholder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "owner")), fields=("account",), name="parties_one_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="relationship",
            constraint=models.UniqueConstraint(
                fields=("from_party", "to_party", "kind"), name="parties_relationship_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="relationship",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_party", models.F("to_party")), _negated=True),
                name="parties_relationship_two",
            ),
        ),
    ]
