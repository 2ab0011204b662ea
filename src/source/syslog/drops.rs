//! What the kernel dropped of UDP, because its buffer was full.
//!
//! It stands apart because no socket call tells it without `unsafe`: it stands in the tables of
//! `/proc/net`, where our sockets are found by their inodes.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use tracing::warn;

use super::collector::Collector;

/// How often the tables are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// One for each family.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// The columns of a table that matter, from 0.
const INODE: usize = 9;
const DROPS: usize = 12;

/// One socket's drops.
pub(super) struct KernelDrops {
    inode: u64,
    /// As many as were counted already.
    counted: u32,
}

impl KernelDrops {
    /// Those of the socket with this inode.
    pub fn new(inode: u64) -> Self {
        KernelDrops { inode, counted: 0 }
    }

    /// How many there are more than the last time.
    fn new_ones(&mut self, table: &str) -> u32 {
        let Some(total) = total(table, self.inode) else {
            return 0;
        };
        // The kernel's counter starts over behind its largest number.
        let more = total.wrapping_sub(self.counted);
        self.counted = total;
        more
    }
}

/// What a table says about an inode.
fn total(table: &str, inode: u64) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(INODE);
        if columns.next()?.parse() != Ok(inode) {
            return None;
        }
        columns.nth(DROPS - INODE - 1)?.parse().ok()
    })
}

/// Counts drops from time to time.
pub(super) async fn watch(mut sockets: Vec<KernelDrops>, collector: Rc<Collector>) {
    let mut told = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let mut dropped = 0;
        for table in TABLES
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
        {
            for socket in &mut sockets {
                dropped += u64::from(socket.new_ones(&table));
            }
        }
        if dropped > 0 {
            collector.count_dropped(dropped);
            if !told {
                warn!(
                    dropped,
                    "the kernel dropped datagrams for lack of room, see net.core.rmem_max; \
                     from here on only the metric tells"
                );
                told = true;
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
    fn drops_are_found_by_inode_and_counted_once_and_across_the_counters_end() {
        let mut socket = KernelDrops::new(4711);
        assert_eq!(socket.new_ones(TABLE), 12);
        assert_eq!(socket.new_ones(TABLE), 0);
        assert_eq!(socket.new_ones("no table"), 0);
        let mut socket = KernelDrops::new(4712);
        assert_eq!(socket.new_ones(TABLE), u32::MAX);
        let later = TABLE.replace("4294967295", "1");
        assert_eq!(socket.new_ones(&later), 2);
    }
}
