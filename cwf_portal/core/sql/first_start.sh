#!/bin/bash
# The first start of compose's PostgreSQL: our roles with the passwords of the environment, and the database.
set -euo pipefail

as_superuser() { psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" "$@"; }

# In template1, so that every database made later has the default privileges.
as_superuser --dbname template1 --file "${ROLES_SQL:-/roles.sql}"
as_superuser --dbname postgres --set owner="$CWF_OWNER_PASSWORD" --set app="$CWF_APP_PASSWORD" --set reader="$CWF_READER_PASSWORD" <<'SQL'
ALTER ROLE cwf_owner PASSWORD :'owner';
ALTER ROLE cwf_app PASSWORD :'app';
ALTER ROLE cwf_reader PASSWORD :'reader';
SELECT 'CREATE DATABASE cwf OWNER cwf_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'cwf') \gexec
SQL
