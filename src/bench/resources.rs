//! What this process has used of the machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Time on a core, user and system together, all threads.
    pub cpu: Duration,
    /// The most memory that was resident at once, bytes; absent where the system does not tell (it does on Linux: `VmHWM` in `proc(5)`).
    pub peak_memory_bytes: Option<u64>,
}

impl Resources {
    /// Reads them now.
    pub fn now() -> Self {
        Self {
            cpu: cpu_time::ProcessTime::try_now().map(|time| time.as_duration()).unwrap_or_default(),
            peak_memory_bytes: peak_memory_bytes(),
        }
    }
}

fn peak_memory_bytes() -> Option<u64> {
    high_water_mark(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water_mark("Name:\tassay\nVmPeak:\t  99 kB\nVmHWM:\t   51200 kB\n"), Some(52_428_800));
        assert_eq!(high_water_mark("Name:\tassay\n"), None);
    }

    #[test]
    fn work_takes_time_on_a_core() {
        let before = Resources::now().cpu;
        let mut sum = 0u64;
        while Resources::now().cpu <= before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }
}
