//! The port of the local table.

use std::net::{Ipv4Addr, TcpListener};

use crate::failure::{Failure, Result};

/// The port where the search begins. DynamoDB Local uses it by default.
const FIRST: u16 = 8000;

/// Chooses the port: the project's recorded port, or else the port of a sibling, because one engine serves all tables of a
/// workspace, or else the first free port from 8000.
pub fn choose(own: Option<u16>, siblings: &[u16]) -> Result<u16> {
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    own.or_else(|| siblings.first().copied())
        .or_else(|| (FIRST..=u16::MAX).find(free))
        .ok_or_else(|| Failure::failed("no port from 8000 to 65535 is free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_port_comes_before_a_siblings_port_before_a_free_one() {
        assert_eq!(choose(Some(9001), &[9002]).unwrap(), 9001);
        assert_eq!(choose(None, &[9002, 9003]).unwrap(), 9002);
        let free = choose(None, &[]).unwrap();
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, free)).unwrap();
        assert!(choose(None, &[]).unwrap() > free);
    }
}
