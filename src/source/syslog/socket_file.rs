//! A Unix datagram socket and its file.
//!
//! It stands apart because the file outlives its socket: one that nobody listens on any more is
//! replaced, and everything else that has the name stays as it is.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// Every program in a container may log, whoever it runs as.
const MODE: u32 = 0o666;

/// The file of a socket of ours; it is removed with this value.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// A socket at the path that does not block, and its file.
    ///
    /// # Errors
    ///
    /// If another program listens there, something that is no socket has the name, or the
    /// directory is not ours to write to.
    pub fn bind(path: &Path) -> io::Result<(UnixDatagram, SocketFile)> {
        make_way(path)?;
        let socket = UnixDatagram::bind(path)?;
        let file = SocketFile {
            path: path.to_owned(),
            identity: identity(path)?,
        };
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        socket.set_nonblocking(true)?;
        Ok((socket, file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another program may have put its own there.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let data = fs::symlink_metadata(path)?;
    Ok((data.dev(), data.ino()))
}

/// Removes a socket that nobody listens on.
fn make_way(path: &Path) -> io::Result<()> {
    let in_use = |why| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(data) if !data.file_type().is_socket() => return in_use("it is there and is no socket"),
        Ok(_) => {}
    }
    match UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => in_use("another program has it"),
    }
}
