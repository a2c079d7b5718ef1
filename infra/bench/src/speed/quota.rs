//! A share of one processor, such as Lambda gives by the memory size.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The memory with which Lambda gives one whole processor, in MB (Lambda Developer Guide, "Configure Lambda function memory").
pub const WHOLE: u32 = 1_769;

/// The memory that the template gives every function, in MB.
pub const TEMPLATE: u32 = 512;

/// How often the share is dealt out, in microseconds. What Lambda takes is not documented; a shorter period lets a process run ahead less.
const PERIOD: u32 = 20_000;

/// The group of those who share a quota (cgroups(7)), in the first version's hierarchy or the second's.
const PLACES: [(&str, bool); 2] =
    [("/sys/fs/cgroup/cpu/latchkey-bench", true), ("/sys/fs/cgroup/latchkey-bench", false)];

/// A group whose processes have a share of one processor together.
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
    first_version: bool,
}

impl Quota {
    /// A group with the share that a function of this memory size has, in MB; none where the machine does not allow it.
    pub fn of(memory: u32) -> Option<Self> {
        PLACES.iter().find_map(|(folder, first_version)| {
            let quota = Self { folder: PathBuf::from(folder), first_version: *first_version };
            quota.set(memory).ok().map(|()| quota)
        })
    }

    fn set(&self, memory: u32) -> io::Result<()> {
        if !self.folder.parent().is_some_and(|parent| parent.join("cgroup.procs").exists()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::create_dir_all(&self.folder)?;
        let runs = PERIOD * memory / WHOLE;
        if self.first_version {
            fs::write(self.folder.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            return fs::write(self.folder.join("cpu.cfs_quota_us"), runs.to_string());
        }
        fs::write(self.folder.join("cpu.max"), format!("{runs} {PERIOD}"))
    }

    /// The file into which a process writes its id in order to join.
    pub fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // It is empty when its processes are gone; the next run takes it again where it is not.
        let _ = fs::remove_dir(Path::new(&self.folder));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_that_is_looked_at_is_the_templates() {
        let template = fs::read_to_string(local::build::workspace().join("template.yaml")).unwrap();
        let given = template.lines().filter_map(|line| line.trim().strip_prefix("MemorySize: "));
        assert_eq!(given.collect::<Vec<_>>(), [TEMPLATE.to_string()]);
    }
}
