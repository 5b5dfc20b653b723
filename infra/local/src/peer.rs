//! Who is at the other end of a connection on this machine: the owner's own programs, or somebody else's.

use std::fs;
use std::net::{IpAddr, SocketAddr};

/// Whether the program at `peer` that is connected to `own` is of this process's user. The system's table of connections names
/// the user of each end; a connection from another machine has no end here.
pub(crate) fn is_own(peer: SocketAddr, own: SocketAddr) -> bool {
    let user = rustix::process::getuid().as_raw();
    peer.ip().is_loopback() && fs::read_to_string("/proc/net/tcp").is_ok_and(|table| user_of(&table, peer, own) == Some(user))
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …`, the addresses as the machine holds them.
fn user_of(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    let (local, remote) = (hex(local)?, hex(remote)?);
    let fields = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let mut own = fields.filter(|fields| fields.len() > 7 && fields[1] == local && fields[2] == remote);
    own.next()?[7].parse().ok()
}

fn hex(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(ip) = address.ip() else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port()))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_of_ones_own_is_known_and_one_that_is_not_there_is_nobodys() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let own = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(own).expect("connected");
        let peer = stream.local_addr().expect("an address");
        assert!(is_own(peer, own));
        drop(listener);
        assert!(!is_own("127.0.0.1:1".parse().expect("an address"), own) && !is_own("192.0.2.1:80".parse().expect("an address"), own));
    }

    #[test]
    fn the_user_stands_in_the_eighth_column() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     1: 0100007F:9C40 0100007F:5014 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1\n";
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(user_of(table, at(0x9C40), at(0x5014)), Some(1000));
        assert_eq!(user_of(table, at(0x5014), at(0x9C40)), None);
    }
}
