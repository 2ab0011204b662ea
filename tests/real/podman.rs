//! Podman and buildah with directories and settings of the test, so that nothing on the machine is read or left
//! behind. Containers use the network of the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::sandbox::finish;

/// Programs needed for images and containers.
pub const NEEDS: [&str; 7] = [
    "podman",
    "buildah",
    "runc",
    "podman/netavark",
    "catatonit",
    "musl-gcc",
    crate::sandbox::MUSL,
];

/// The image's name.
pub const IMAGE: &str = "localhost/maillog_exporter:trial";

/// A container engine; its files are removed on drop.
pub struct Podman(PathBuf);

impl Podman {
    /// Creates its settings. Nothing is started.
    pub fn new(folder: &Path) -> Result<Self> {
        let place = folder.join("engine");
        fs::create_dir(&place)?;
        // The engine writes to this directory regardless of its settings.
        finish(Command::new("mount").args(["-t", "tmpfs", "none", "/var/lib"]))?;
        let at = place.display();
        // Locks in shared memory would be shared with other engines on the machine. The limits are set because the
        // engine's defaults are higher than some machines allow.
        fs::write(
            place.join("containers.conf"),
            format!(
                "[containers]\n\
                 default_ulimits = [\"nofile=20000:20000\", \"nproc=1024:1024\"]\n\
                 netns = \"host\"\n\
                 [network]\n\
                 network_backend = \"netavark\"\n\
                 network_config_dir = \"{at}/networks\"\n\
                 [engine]\n\
                 cgroup_manager = \"cgroupfs\"\n\
                 runtime = \"runc\"\n\
                 events_logger = \"file\"\n\
                 lock_type = \"file\"\n\
                 tmp_dir = \"{at}/tmp\"\n"
            ),
        )?;
        fs::write(
            place.join("storage.conf"),
            format!(
                "[storage]\n\
                 driver = \"vfs\"\n\
                 runroot = \"{at}/run\"\n\
                 graphroot = \"{at}/graph\"\n"
            ),
        )?;
        Ok(Podman(place))
    }

    /// A command with this engine's settings.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env("CONTAINERS_CONF", self.0.join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.0.join("storage.conf"))
            .stdin(Stdio::null());
        command
    }

    /// Runs `podman` and returns its output.
    pub fn podman(&self, arguments: &[&str]) -> Result<String> {
        said(self.command("podman").args(arguments))
    }

    /// A value from `podman inspect` of a container.
    pub fn container(&self, name: &str, template: &str) -> Result<String> {
        self.podman(&["container", "inspect", "--format", template, name])
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Removes all containers of this test; failures have been reported before.
        let list = ["pod", "ls", "--format", "{{.ID}}"];
        let pods = self.podman(&list).unwrap_or_default();
        let inspect = ["pod", "inspect", "--format", "{{.CgroupPath}}"];
        let groups = pods
            .lines()
            .filter_map(|pod| self.podman(&[&inspect[..], &[pod]].concat()).ok())
            .collect::<Vec<_>>();
        let _ = self.podman(&["pod", "rm", "--all", "--force", "--time=0"]);
        let _ = self.podman(&["rm", "--all", "--force", "--time=0"]);
        // Podman does not remove the empty control groups of pods.
        for hierarchy in fs::read_dir("/sys/fs/cgroup")
            .into_iter()
            .flatten()
            .flatten()
        {
            for group in &groups {
                let _ = fs::remove_dir(hierarchy.path().join(group.trim_start_matches('/')));
            }
        }
    }
}

/// Standard output of a command without the last newline.
pub fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?.trim_end().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {text}", output.status).into())
}
