//! What the benchmarks share: how busy the machine is.

/// The load of the last minute, five and fifteen minutes, as Linux tells it. Above the number of cores a time measured
/// here is the neighbours' as well.
pub fn load_average() -> String {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = told.split_whitespace().take(3).collect();
    if three.is_empty() { "unknown".to_owned() } else { three.join(" ") }
}
