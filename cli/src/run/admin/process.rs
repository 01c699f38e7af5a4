//! What the process takes of its machine, as Prometheus names it.

use std::fs;

use rustix::time::{ClockId, clock_gettime};

use super::text::Text;

/// Adds memory, processor time, files and the time of its start.
pub fn process(text: &mut Text, started_ms: u64) {
    if let Some(bytes) = resident_bytes() {
        text.gauge("process_resident_memory_bytes", "Memory that the process has in RAM.");
        text.sample(&[], bytes);
    }
    let time = clock_gettime(ClockId::ProcessCPUTime);
    text.counter("process_cpu_seconds_total", "Processor time of all threads, in seconds.");
    text.sample(&[], time.tv_sec as f64 + time.tv_nsec as f64 / 1e9);
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        text.gauge("process_open_fds", "Files and sockets that are open.");
        text.sample(&[], files.count());
    }
    text.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
    text.sample(&[], started_ms as f64 / 1000.0);
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_time_are_there() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
        let mut text = Text::default();
        process(&mut text, 1500);
        let text = text.end();
        assert!(text.contains("process_start_time_seconds 1.5\n"), "{text}");
        assert_eq!(super::super::check::check(&text), Ok(()));
    }
}
