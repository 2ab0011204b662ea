//! The answer to connections that are rejected because there are too many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::access::AccessRules;

/// The answer, whatever is requested.
const RESPONSE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 22\r\n\
    Retry-After: 1\r\n\
    Connection: close\r\n\
    \r\n\
    Too many connections.\n";

/// How many rejected connections get an answer at a time; the others are closed without one.
const MAX_ANSWERED: usize = 16;

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers and counts rejected connections.
pub struct Rejections {
    rejected: Arc<AtomicU64>,
    answered: Arc<Semaphore>,
}

impl Rejections {
    /// Counts into this counter.
    pub fn new(rejected: Arc<AtomicU64>) -> Self {
        Rejections {
            rejected,
            answered: Arc::new(Semaphore::new(MAX_ANSWERED)),
        }
    }

    /// Rejects a connection, with an answer unless too many get one now.
    pub fn reject(&self, stream: TcpStream, rules: &AccessRules) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        let Ok(permit) = Arc::clone(&self.answered).try_acquire_owned() else {
            return;
        };
        let tls = rules.tls.as_ref().map(|tls| tls.http1.clone());
        tokio::spawn(async move {
            let answered = async {
                match tls {
                    Some(tls) => answer(tls.accept(stream).await?).await,
                    None => answer(stream).await,
                }
            };
            // The client is told as well as possible.
            let _ = timeout(ANSWER_TIMEOUT, answered).await;
            drop(permit);
        });
    }
}

/// Sends the answer, and reads the request: closing with unread bytes would reset the connection, and
/// the client might not see the answer.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    stream.write_all(RESPONSE).await?;
    stream.shutdown().await?;
    while stream.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn a_rejected_connection_gets_a_whole_answer_and_is_counted() {
        let (head, body) = RESPONSE.split_at(RESPONSE.len() - 22);
        assert!(head.ends_with(b"\r\n\r\n") && body.starts_with(b"Too"));

        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("an address");
            let counter = Arc::new(AtomicU64::new(0));
            let rejections = Rejections::new(Arc::clone(&counter));
            let mut clients = Vec::new();
            for number in 0..=MAX_ANSWERED {
                let client = std::net::TcpStream::connect(address).expect("a connection");
                let (stream, _) = listener.accept().expect("a connection");
                stream.set_nonblocking(true).expect("non-blocking");
                let stream = TcpStream::from_std(stream).expect("registered");
                rejections.reject(stream, &AccessRules::default());
                assert_eq!(counter.load(Ordering::Relaxed), number as u64 + 1);
                clients.push(client);
            }
            for (number, mut client) in clients.into_iter().enumerate() {
                let read = tokio::task::spawn_blocking(move || {
                    let mut answer = Vec::new();
                    client.read_to_end(&mut answer).map(|_| answer)
                });
                let answer = read.await.expect("read").expect("an end");
                let expected = if number < MAX_ANSWERED { RESPONSE } else { b"" };
                assert_eq!(answer, expected, "{number}");
            }
        });
    }
}
