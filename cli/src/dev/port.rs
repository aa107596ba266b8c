//! The port of a workspace's tables on this machine.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use crate::failure::{Failure, Result};

/// Listens on the port of both loopback addresses, because `localhost` can stand for either of them.
pub fn bind(port: u16) -> Result<Vec<TcpListener>> {
    let mut listeners = vec![TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| failure(port, &error))?];
    match TcpListener::bind((IpAddr::V6(Ipv6Addr::LOCALHOST), port)) {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(failure(port, &error)),
        // A machine without IPv6.
        Err(_) => {}
    }
    Ok(listeners)
}

fn failure(port: u16, error: &io::Error) -> Failure {
    if error.kind() != ErrorKind::AddrInUse {
        return Failure::failed(format!("cannot listen on port {port}: {error}"));
    }
    let user = match listeners::get_process_by_port(port, listeners::Protocol::TCP) {
        Ok(process) => format!("the program `{}` (process {})", process.name, process.pid),
        // The process belongs to another user.
        Err(_) => "another program".to_owned(),
    };
    Failure::failed(format!("{user} uses port {port}: stop it, or change `localDev.port`"))
}
