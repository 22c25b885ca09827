-- The three roles and what they may do by default. Run once as the superuser, connected to template1, before the
-- database `cwf` is made: databases made later, clones included, inherit the default privileges below.
-- Idempotent. No passwords here: the embedded server trusts its 0700 socket folder, compose sets them from the environment.
DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['cwf_owner', 'cwf_app', 'cwf_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
        END IF;
    END LOOP;
END
$roles$;

-- The owner migrates, clones scratch databases and drops them while somebody may still be connected.
ALTER ROLE cwf_owner CREATEDB;
GRANT pg_signal_backend TO cwf_owner;

ALTER DEFAULT PRIVILEGES FOR ROLE cwf_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cwf_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cwf_owner GRANT USAGE, SELECT ON SEQUENCES TO cwf_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cwf_owner GRANT SELECT ON TABLES TO cwf_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE cwf_owner GRANT SELECT ON SEQUENCES TO cwf_reader;
