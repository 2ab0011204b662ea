//! Counts the UDP datagrams that the kernel dropped because a receive buffer was full.
//!
//! The number is read from the tables of `/proc/net`, by the inode of the socket: a socket call for it
//! would need `unsafe`.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use tracing::warn;

use super::collector::Collector;

/// How often the tables are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// The tables of IPv4 and IPv6 sockets.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// Columns of a table, counted from 0.
const INODE: usize = 9;
const DROPS: usize = 12;

/// The drops of one socket.
pub(super) struct KernelDrops {
    inode: u64,
    /// Drops that were counted already.
    counted: u32,
}

impl KernelDrops {
    /// The drops of the socket with this inode.
    pub fn new(inode: u64) -> Self {
        KernelDrops { inode, counted: 0 }
    }

    /// Drops since the last call.
    fn take_new(&mut self, table: &str) -> u32 {
        let Some(total) = total(table, self.inode) else {
            return 0;
        };
        // The kernel's counter wraps.
        let more = total.wrapping_sub(self.counted);
        self.counted = total;
        more
    }
}

/// The drops of a socket in a table.
fn total(table: &str, inode: u64) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(INODE);
        if columns.next()?.parse() != Ok(inode) {
            return None;
        }
        columns.nth(DROPS - INODE - 1)?.parse().ok()
    })
}

/// Counts drops periodically.
pub(super) async fn watch(mut sockets: Vec<KernelDrops>, collector: Rc<Collector>) {
    let mut warned = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let mut dropped = 0;
        for table in TABLES
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
        {
            for socket in &mut sockets {
                dropped += u64::from(socket.take_new(&table));
            }
        }
        if dropped > 0 {
            collector.count_dropped(dropped);
            if !warned {
                warn!(
                    dropped,
                    "the kernel dropped datagrams because the receive buffer was full, see \
                     net.core.rmem_max; further drops are only counted"
                );
                warned = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2290: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 12
 2291: 00000000:0203 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 4294967295
";

    #[test]
    fn drops_are_found_by_inode_and_counted_once_even_if_the_counter_wraps() {
        let mut socket = KernelDrops::new(4711);
        assert_eq!(socket.take_new(TABLE), 12);
        assert_eq!(socket.take_new(TABLE), 0);
        assert_eq!(socket.take_new("no table"), 0);
        let mut socket = KernelDrops::new(4712);
        assert_eq!(socket.take_new(TABLE), u32::MAX);
        let later = TABLE.replace("4294967295", "1");
        assert_eq!(socket.take_new(&later), 2);
    }
}
