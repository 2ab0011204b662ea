//! Pictures that were made just now, so that many requests for them cost no more than one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a picture is served again.
const FRESH: Duration = Duration::from_secs(10);

/// How many pictures are kept.
const MOST: usize = 32;

/// A path and the picture that it had, or that it has none.
struct Kept {
    path: String,
    made: Instant,
    picture: Option<Arc<[u8]>>,
}

/// The pictures of the last seconds.
pub struct PictureCache {
    kept: Mutex<Vec<Kept>>,
    /// One picture is made at a time.
    turn: Semaphore,
}

impl Default for PictureCache {
    fn default() -> Self {
        PictureCache {
            kept: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

impl PictureCache {
    /// Waits until it is allowed to make a picture. Whoever waited should look into the cache again.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turn.acquire().await.ok()
    }

    /// The picture of a path, if it was made just now; `Some(None)` if it was found not to exist.
    pub fn get(&self, path: &str) -> Option<Option<Arc<[u8]>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|it| it.made.elapsed() < FRESH);
        let found = kept.iter().find(|it| it.path == path)?;
        Some(found.picture.clone())
    }

    /// Keeps the picture of a path; `None` if it has none.
    pub fn put(&self, path: &str, picture: Option<Arc<[u8]>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Kept {
            path: path.to_owned(),
            made: Instant::now(),
            picture,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_the_last_seconds_are_kept_within_a_bound() {
        let cache = PictureCache::default();
        assert!(cache.get("/codes/421.png").is_none());
        cache.put("/codes/421.png", Some(Arc::from([1u8, 2].as_slice())));
        let found = cache.get("/codes/421.png").flatten();
        assert_eq!(found.as_deref(), Some([1u8, 2].as_slice()));
        for number in 0..100 {
            cache.put(&format!("/codes/{number}.png"), None);
        }
        assert!(cache.get("/codes/421.png").is_none());
        assert_eq!(cache.get("/codes/99.png"), Some(None));
        assert_eq!(cache.kept.lock().expect("a lock").len(), MOST);
    }
}
