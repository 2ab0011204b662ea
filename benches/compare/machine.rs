//! The machine and the program versions of a measurement.

use std::fs;
use std::process::Command;

/// One line that describes the machine.
pub fn description() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let model = value(&cpu, "model name", ':').unwrap_or("unknown CPU");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let gibibytes = value(&memory, "MemTotal", ':')
        .and_then(|total| total.strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |kibibytes| (kibibytes + (1 << 19)) >> 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = value(&system, "PRETTY_NAME", '=').unwrap_or("unknown system");
    let virtual_machine = if cpu.contains(" hypervisor") {
        ", in a virtual machine"
    } else {
        ""
    };
    format!(
        "{model}, {cores} cores{virtual_machine}, {gibibytes} GiB; Linux {}; {}",
        kernel.trim(),
        system.trim_matches('"')
    )
}

fn value<'a>(text: &'a str, name: &str, separator: char) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(separator)?;
        (found.trim() == name).then_some(value.trim())
    })
}

/// Versions of the measured Debian packages; empty on other systems.
pub fn packages() -> String {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"])
        .args(["grep", "coreutils", "mtail", "prometheus-postfix-exporter"])
        .output();
    let listed = output.map(|output| output.stdout).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    let installed: Vec<_> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    installed.join(", ")
}
