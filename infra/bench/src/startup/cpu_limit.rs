//! A limit of CPU time, such as Lambda sets by the memory size.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The memory size at which Lambda provides one whole CPU, in MB (Lambda Developer Guide, "Configure Lambda function memory").
pub const FULL_CPU_MB: u32 = 1_769;

/// The memory size of every function in the template, in MB.
pub const TEMPLATE_MB: u32 = 512;

/// The period of the limit in microseconds. Lambda's is not documented; a short period limits bursts more strictly.
const PERIOD: u32 = 20_000;

/// The control group (cgroups(7)), and whether its hierarchy has version 1.
const GROUPS: [(&str, bool); 2] =
    [("/sys/fs/cgroup/cpu/latchkey-bench", true), ("/sys/fs/cgroup/latchkey-bench", false)];

#[derive(Debug)]
pub struct CpuLimit {
    group: PathBuf,
    is_version_1: bool,
}

impl CpuLimit {
    /// Creates a group with the CPU share of a memory size in MB; `None` if the machine does not permit it.
    pub fn for_memory(memory: u32) -> Option<Self> {
        GROUPS.iter().find_map(|(group, is_version_1)| {
            let limit = Self { group: PathBuf::from(group), is_version_1: *is_version_1 };
            limit.set(memory).ok().map(|()| limit)
        })
    }

    fn set(&self, memory: u32) -> io::Result<()> {
        if !self.group.parent().is_some_and(|parent| parent.join("cgroup.procs").exists()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::create_dir_all(&self.group)?;
        let quota = PERIOD * memory / FULL_CPU_MB;
        if self.is_version_1 {
            fs::write(self.group.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            return fs::write(self.group.join("cpu.cfs_quota_us"), quota.to_string());
        }
        fs::write(self.group.join("cpu.max"), format!("{quota} {PERIOD}"))
    }

    /// The file to which a process writes its id to join the group.
    pub fn processes_file(&self) -> PathBuf {
        self.group.join("cgroup.procs")
    }
}

impl Drop for CpuLimit {
    fn drop(&mut self) {
        // Removal fails while a process remains; the next run reuses the group.
        let _ = fs::remove_dir(Path::new(&self.group));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_memory_size_matches_the_template() {
        let template = fs::read_to_string(local::build::workspace().join("template.yaml")).unwrap();
        let globals = template.split_once("\nGlobals:\n").unwrap().1.split_once("\nResources:\n").unwrap().0;
        let sizes: Vec<_> = globals.lines().filter_map(|line| line.trim().strip_prefix("MemorySize: ")).collect();
        assert_eq!(sizes, [TEMPLATE_MB.to_string()]);
    }
}
