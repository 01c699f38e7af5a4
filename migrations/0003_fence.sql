-- What a sink has written into this database, and under whose term of office. The last step of a sink's transaction is
-- `select riddhi.mark(...)`, which fails once another node has taken over. Nothing of an old active gets in behind it.

create table if not exists riddhi.fence (
    app text not null check (app <> ''),
    sink text not null check (sink <> ''),
    epoch bigint not null check (epoch >= 0),
    "position" bigint not null check ("position" >= 0),
    primary key (app, sink)
);

-- Notes that a sink has written all up to a position. Fails with RDH01 if the term is over, or was never begun.
create or replace function riddhi.mark(of_app text, of_sink text, of_epoch bigint, up_to bigint) returns void
language plpgsql as $$
begin
    update riddhi.fence f set "position" = greatest(f."position", up_to)
        where f.app = of_app and f.sink = of_sink and f.epoch = of_epoch;
    if not found then
        raise exception 'term % of sink % of app % is over', of_epoch, of_sink, of_app using errcode = 'RDH01';
    end if;
end
$$;

-- Begins a term and gives the position up to which the one before has written. Fails with RDH01 if a later one has begun.
create or replace function riddhi.begin_term(of_app text, of_sink text, of_epoch bigint) returns bigint
language plpgsql as $$
declare
    up_to bigint;
begin
    insert into riddhi.fence as f (app, sink, epoch, "position") values (of_app, of_sink, of_epoch, 0)
        on conflict (app, sink) do update set epoch = excluded.epoch where f.epoch <= excluded.epoch
        returning f."position" into up_to;
    if up_to is null then
        raise exception 'a later term than % of sink % of app % has begun', of_epoch, of_sink, of_app using errcode = 'RDH01';
    end if;
    return up_to;
end
$$;
