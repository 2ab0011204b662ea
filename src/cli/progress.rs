//! A progress bar on standard error, if that is a terminal.

use std::io::{self, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How much was read of all files. The bar is removed when this is dropped.
pub struct ProgressMeter {
    read: Arc<AtomicU64>,
    bar: Option<ProgressBar>,
}

impl ProgressMeter {
    /// Begins with nothing read of `total` bytes; 0 if that is not known.
    pub fn start(total: u64) -> Self {
        let read = Arc::new(AtomicU64::new(0));
        let bar = io::stderr().is_terminal().then(|| {
            let bar = if total > 0 {
                ProgressBar::new(total)
            } else {
                ProgressBar::new_spinner()
            };
            let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            let (counter, shown) = (Arc::clone(&read), bar.downgrade());
            // Drawn by a separate thread, so that reading is not slowed down. The thread ends with the bar.
            thread::spawn(move || {
                while let Some(bar) = shown.upgrade().filter(|bar| !bar.is_finished()) {
                    bar.set_position(counter.load(Ordering::Relaxed));
                    drop(bar);
                    thread::sleep(Duration::from_millis(100));
                }
            });
            bar
        });
        ProgressMeter { read, bar }
    }

    /// A reader whose bytes count.
    pub fn counting<R>(&self, inner: R) -> CountingReader<R> {
        CountingReader {
            inner,
            read: Arc::clone(&self.read),
        }
    }
}

impl Drop for ProgressMeter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Counts the bytes read.
pub struct CountingReader<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
