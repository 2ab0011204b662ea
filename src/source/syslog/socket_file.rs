//! A Unix datagram socket and its file.
//!
//! The file outlives its socket: one that no process listens on is replaced, and any other file of
//! that name is left as it is.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// Every program may log, whatever its user.
const MODE: u32 = 0o666;

/// The file of a socket that this process has bound; removed when this is dropped.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// A non-blocking socket at the path, and its file.
    ///
    /// # Errors
    ///
    /// If another process listens there, the path is not a socket, or the directory is not writable.
    pub fn bind(path: &Path) -> io::Result<(UnixDatagram, SocketFile)> {
        remove_unused(path)?;
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
        // Another process may have replaced it.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let data = fs::symlink_metadata(path)?;
    Ok((data.dev(), data.ino()))
}

/// Removes a socket that no process listens on.
fn remove_unused(path: &Path) -> io::Result<()> {
    let in_use = |why| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(data) if !data.file_type().is_socket() => {
            return in_use("the file exists and is not a socket");
        }
        Ok(_) => {}
    }
    match UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => in_use("another process listens on it"),
    }
}
