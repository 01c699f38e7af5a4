//! Transports, mappers, stores and script languages, by the names that annotations and definitions give them.

/// Sources.
pub(crate) const SOURCES: &[&str] = &[
    "cdc",
    "email",
    "file",
    "fileeventlistener",
    "googlepubsub",
    "grpc",
    "grpc-call-response",
    "grpc-service",
    "hl7",
    "http",
    "http-call-response",
    "http-request",
    "http-response",
    "http-service",
    "inMemory",
    "jms",
    "kafka",
    "kafkaMultiDC",
    "mqtt",
    "nats",
    "prometheus",
    "rabbitmq",
    "snmp",
    "snmp-trap",
    "sqs",
    "sse",
    "stdin",
    "tcp",
    "twitter",
    "websocket",
    "websocket-server",
    "websubhub",
    "wso2event",
];

/// Sinks.
pub(crate) const SINKS: &[&str] = &[
    "azuredatalake",
    "email",
    "file",
    "google-cloud-storage",
    "googlepubsub",
    "grpc",
    "grpc-call",
    "grpc-service-response",
    "hl7",
    "http",
    "http-call",
    "http-request",
    "http-response",
    "http-service-response",
    "inMemory",
    "jms",
    "kafka",
    "kafkaMultiDC",
    "log",
    "mqtt",
    "nats",
    "prometheus",
    "rabbitmq",
    "s3",
    "snmp",
    "sqs",
    "sse-server",
    "stdout",
    "tcp",
    "websocket",
    "websocket-server",
    "websubhub",
    "wso2event",
];

/// Mappers of sources and sinks.
pub(crate) const MAPPERS: &[&str] =
    &["avro", "binary", "csv", "json", "keyvalue", "passThrough", "protobuf", "text", "wso2event", "xml"];

/// Stores of tables and aggregations.
pub(crate) const STORES: &[&str] =
    &["cassandra", "elasticsearch", "hbase", "influxdb", "mongodb", "rdbms", "redis", "solr"];

/// Script languages.
pub(crate) const LANGUAGES: &[&str] = &["javascript", "js", "r", "scala"];

/// Whether the list has the name, or may have it: a type with a namespace of its own is not listed.
pub(crate) fn may_be(list: &[&str], name: &str) -> bool {
    name.contains(':') || list.iter().any(|known| known.eq_ignore_ascii_case(name))
}
