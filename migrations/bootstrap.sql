-- Makes the role and the database of a new installation, by psql as a superuser. Applying it twice changes nothing but the
-- password.
--
--   psql -d postgres -v password=... -f bootstrap.sql                 role riddhi, database riddhi
--   psql -d postgres -v password=... -v old=1 -f bootstrap.sql        the five databases that installations of WSO2 SP have
--   -v role=wso2, -v database=orders                                  other names
--
-- Afterwards `riddhi migrate --config F` makes the tables, as that role.

\set ON_ERROR_STOP on
\if :{?role} \else \set role riddhi \endif
\if :{?database} \else \set database riddhi \endif
\if :{?old} \else \set old 0 \endif

select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
\if :{?password}
select format('alter role %I password %L', :'role', :'password') \gexec
\endif

\if :old
create temporary table wanted as select unnest(array[
    'WSO2_CLUSTER_DB', 'PERSISTENCE_DB', 'WSO2_METRICS_DB', 'WSO2_STATUS_DASHBOARD_DB', 'DASHBOARD_DB']) as name;
\else
create temporary table wanted as select :'database'::text as name;
\endif

-- UTF-8 whatever the server's default.
select format('create database %I owner %I encoding ''UTF8'' template template0', name, :'role')
    from wanted where not exists (select from pg_database where datname = name) \gexec
-- Databases that were there before, perhaps of another owner.
select format('grant connect, create, temporary on database %I to %I', name, :'role') from wanted \gexec
