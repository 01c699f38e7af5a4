-- On which history of which database these tables were made: an empty row of a group is believed there only. A standby that is promoted,
-- or a backup that is put back, may have forgotten that the group has run.

alter table riddhi.instance add column if not exists made_timeline bigint;
alter table riddhi.instance add column if not exists made_system numeric(20, 0);

do $$
begin
    update riddhi.instance set made_timeline =
        ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
        where made_timeline is null;
    -- Not every host lets the user ask. Without it the number drawn above stands for it, which cannot differ here.
    if pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
        update riddhi.instance set made_system = (select system_identifier::numeric from pg_catalog.pg_control_system())
            where made_system is null;
    end if;
end
$$;
