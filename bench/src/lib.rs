//! Workloads, peers and recorded results.
