//! Describes the machine, so that a stored figure can be judged later.

use std::fs;

use rustix::system::uname;
use serde::Serialize;

/// What the figures of a run depend on besides the code.
///
/// What the system does not tell is `None`.
#[derive(Debug, Serialize)]
pub struct Machine {
    cpu: Option<String>,
    architecture: &'static str,
    cpus_online: Option<String>,
    cpus_allowed: Vec<usize>,
    /// The hardware threads of the first allowed processor: two of them are not two cores.
    first_cpu_siblings: Option<String>,
    kernel: String,
    clock_source: Option<String>,
    /// The load averages when the run began: work of others that disturbs it.
    load: Option<String>,
}

impl Machine {
    /// Inspects the machine; `allowed` are the processors that this process may use.
    pub fn inspect(allowed: &[usize]) -> Self {
        let siblings_of =
            |cpu| format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        let kernel = uname();
        Self {
            cpu: read("/proc/cpuinfo").as_deref().and_then(cpu_model),
            architecture: std::env::consts::ARCH,
            cpus_online: read("/sys/devices/system/cpu/online"),
            cpus_allowed: allowed.to_vec(),
            first_cpu_siblings: allowed.first().and_then(|cpu| read(&siblings_of(cpu))),
            kernel: format!(
                "{} {}",
                kernel.sysname().to_string_lossy(),
                kernel.release().to_string_lossy()
            ),
            clock_source: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            load: read("/proc/loadavg"),
        }
    }

    /// Describes the machine in one line.
    pub fn line(&self) -> String {
        format!(
            "{}, processors {} of {}, {} {}, clock {}, load {}",
            known(&self.cpu),
            list(&self.cpus_allowed),
            known(&self.cpus_online),
            self.kernel,
            self.architecture,
            known(&self.clock_source),
            known(&self.load),
        )
    }
}

fn read(path: &str) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text.trim().to_owned()),
        // Containers and other architectures lack some of these files; the figures stand without them.
        Err(_) => None,
    }
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    let (_, model) = line.split_once(':')?;
    Some(model.trim().to_owned())
}

fn known(fact: &Option<String>) -> &str {
    fact.as_deref().unwrap_or("unknown")
}

fn list(cpus: &[usize]) -> String {
    let cpus: Vec<String> = cpus.iter().map(usize::to_string).collect();
    cpus.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_where_there_is_one() {
        let text = "processor\t: 0\nmodel name\t: Some Chip: the second\nmodel\t\t: 7\n";
        assert_eq!(cpu_model(text).as_deref(), Some("Some Chip: the second"));
        assert_eq!(cpu_model("processor\t: 0\nBogoMIPS\t: 50.0\n"), None);
    }

    #[test]
    fn a_missing_file_is_an_unknown_fact() {
        assert_eq!(read("/proc/self/no-such-file"), None);
        assert_eq!(known(&None), "unknown");
    }
}
