-- The row by which two nodes agree who is active, and a secret by which they know each other.
-- Every write names the version that it read; the row of a group that never ran has version 0 and no holder.

create table if not exists riddhi.node_group (
    group_id text primary key check (group_id <> ''),
    version bigint not null default 0 check (version >= 0),
    epoch bigint not null default 0 check (epoch >= 0),
    -- Who is in office, and which run of its process: 16 hexadecimal digits.
    holder text,
    holder_incarnation text check (holder_incarnation ~ '^[0-9a-f]{16}$'),
    beat bigint not null default 0 check (beat >= 0),
    in_sync_incarnation text check (in_sync_incarnation ~ '^[0-9a-f]{16}$'),
    -- What the holder had acknowledged when it wrote: the least that a successor must have.
    "position" bigint not null default 0 check ("position" >= 0),
    -- On which history of which database this was written; a promoted standby has another timeline.
    written_system numeric(20, 0) not null default 0,
    written_timeline bigint not null default 0,
    -- For people and for what they ask: nothing is decided by these.
    holder_address text,
    app_digest text,
    changed_at timestamptz not null default clock_timestamp(),
    check ((holder is null) = (holder_incarnation is null))
);

create table if not exists riddhi.group_secret (
    group_id text primary key check (group_id <> ''),
    secret text not null check (length(secret) >= 32)
);

-- One number drawn at random, for databases that do not tell what they are; the same on their standbys.
create table if not exists riddhi.instance (
    only_one boolean primary key default true check (only_one),
    number numeric(20, 0) not null default floor(random() * 9007199254740992)
);
insert into riddhi.instance default values on conflict do nothing;
