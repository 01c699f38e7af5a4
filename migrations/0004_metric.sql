-- Metrics over time, with the columns that dashboards of the WSO2 Stream Processor read: numbers keep their fractions and
-- their size, ids need no sequences, and an index serves what is asked: one source, one name, a range of time.
-- timestamp is in milliseconds since 1970, durations are in milliseconds, rates in a second.

create table if not exists riddhi.metric_gauge (
    id bigint generated always as identity primary key,
    source text not null,
    "timestamp" bigint not null,
    name text not null,
    value text not null
);

create table if not exists riddhi.metric_counter (
    id bigint generated always as identity primary key,
    source text not null,
    "timestamp" bigint not null,
    name text not null,
    count bigint not null
);

create table if not exists riddhi.metric_meter (
    id bigint generated always as identity primary key,
    source text not null,
    "timestamp" bigint not null,
    name text not null,
    count bigint not null,
    mean_rate double precision not null,
    m1_rate double precision not null,
    m5_rate double precision not null,
    m15_rate double precision not null,
    rate_unit text not null
);

create table if not exists riddhi.metric_histogram (
    id bigint generated always as identity primary key,
    source text not null,
    "timestamp" bigint not null,
    name text not null,
    count bigint not null,
    max double precision not null,
    mean double precision not null,
    min double precision not null,
    stddev double precision not null,
    p50 double precision not null,
    p75 double precision not null,
    p95 double precision not null,
    p98 double precision not null,
    p99 double precision not null,
    p999 double precision not null
);

create table if not exists riddhi.metric_timer (
    id bigint generated always as identity primary key,
    source text not null,
    "timestamp" bigint not null,
    name text not null,
    count bigint not null,
    max double precision not null,
    mean double precision not null,
    min double precision not null,
    stddev double precision not null,
    p50 double precision not null,
    p75 double precision not null,
    p95 double precision not null,
    p98 double precision not null,
    p99 double precision not null,
    p999 double precision not null,
    mean_rate double precision not null,
    m1_rate double precision not null,
    m5_rate double precision not null,
    m15_rate double precision not null,
    rate_unit text not null,
    duration_unit text not null
);

create index if not exists metric_gauge_series on riddhi.metric_gauge (source, name, "timestamp");
create index if not exists metric_counter_series on riddhi.metric_counter (source, name, "timestamp");
create index if not exists metric_meter_series on riddhi.metric_meter (source, name, "timestamp");
create index if not exists metric_histogram_series on riddhi.metric_histogram (source, name, "timestamp");
create index if not exists metric_timer_series on riddhi.metric_timer (source, name, "timestamp");

-- For the deletion of what is old.
create index if not exists metric_gauge_age on riddhi.metric_gauge ("timestamp");
create index if not exists metric_counter_age on riddhi.metric_counter ("timestamp");
create index if not exists metric_meter_age on riddhi.metric_meter ("timestamp");
create index if not exists metric_histogram_age on riddhi.metric_histogram ("timestamp");
create index if not exists metric_timer_age on riddhi.metric_timer ("timestamp");
