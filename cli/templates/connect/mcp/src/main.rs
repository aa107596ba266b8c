//! Runs the MCP server. `RUST_LOG` selects what is logged, and `CURSOR_KEY` seals the cursors.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use @{library}@::{Server, Tables, http};
use clap::Parser;
use rmcp::ServiceExt;
use rmcp::transport::stdio;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// An MCP server for the table@% if tables | length > 1 %@s@% endif %@ @% for table in tables %@`@{table.krate}@`@% if not loop.last %@, @% endif %@@% endfor %@. It uses standard input and output, unless `--http` gives an address.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Leave out the tools that write.
    #[arg(long)]
    read_only: bool,
    /// Serve streamable HTTP on an address of this machine, such as 127.0.0.1:3001.
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    http: Option<SocketAddr>,
}

/// The server does not know its users, so only programs on this machine may reach it.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:3001")?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err("give an address of this machine, such as 127.0.0.1:3001; for others, put a proxy that authenticates them in front".into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    // Standard output belongs to the protocol.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();

    let server = Server::new(Tables::connect().await?, options.read_only);
    match options.http {
        None => {
            server.serve(stdio()).await?.waiting().await?;
        }
        Some(address) => {
            let listener =
                TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
            http::serve(listener, server, http::stop_signal()?).await?;
        }
    }
    Ok(())
}
