//! Reading of files in a blocking thread, so that a slow file system stops neither the HTTP server nor
//! the handling of signals.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::flags::Args;

/// A task that reads files, or none.
pub struct FileTask<T>(Option<JoinHandle<T>>);

impl<T> Default for FileTask<T> {
    fn default() -> Self {
        FileTask(None)
    }
}

impl<T: Send + 'static> FileTask<T> {
    /// Whether no task is running.
    pub fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// Starts reading what the arguments name.
    pub fn start(&mut self, args: &Arc<Args>, read: fn(&Args) -> T) {
        let args = Arc::clone(args);
        self.0 = Some(tokio::task::spawn_blocking(move || read(&args)));
    }

    /// Waits for the result of the task; forever if there is none. May be cancelled.
    pub async fn result(&mut self) -> T {
        if let Some(task) = &mut self.0 {
            let result = task.await;
            self.0 = None;
            if let Ok(result) = result {
                return result;
            }
        }
        std::future::pending().await
    }
}
