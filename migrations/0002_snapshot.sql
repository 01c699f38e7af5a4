-- Snapshots of apps: a row that says what there is, and its bytes in chunks of 8 MiB at most.
-- A snapshot counts once it is whole: written, read back, and its checksums compared.

create table if not exists riddhi.snapshot (
    id bigint generated always as identity primary key,
    -- The group, or the node that runs alone.
    owner text not null check (owner <> ''),
    app text not null check (app <> ''),
    epoch bigint not null check (epoch >= 0),
    -- The state after this entry of the journal.
    "position" bigint not null check ("position" >= 0),
    bytes bigint not null default 0 check (bytes >= 0),
    chunks integer not null default 0 check (chunks >= 0),
    -- Of all bytes in a row: crc32c, as an unsigned number.
    checksum bigint not null default 0 check (checksum between 0 and 4294967295),
    whole boolean not null default false,
    created_at timestamptz not null default clock_timestamp()
);

create index if not exists snapshot_newest on riddhi.snapshot (owner, app, id desc);

create table if not exists riddhi.snapshot_chunk (
    snapshot_id bigint not null references riddhi.snapshot (id) on delete cascade,
    number integer not null check (number >= 0),
    checksum bigint not null check (checksum between 0 and 4294967295),
    data bytea not null,
    primary key (snapshot_id, number)
);

-- Snapshots are compressed where that is worth it; the server need not try again.
alter table riddhi.snapshot_chunk alter column data set storage external;
