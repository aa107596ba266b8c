//! Runs the API. `RUST_LOG` selects what is logged, `BIND_ADDRESS` where the API listens, and `CURSOR_KEY` seals the cursors.

use std::error::Error;
use std::io::IsTerminal;

use @{library}@::{AppState, router, server};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let has_colors = std::io::stdout().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(has_colors).init();

    server::allow_open_files();
    // Only programs on this machine reach the default address. In a container, use `0.0.0.0:3000`.
    let address = std::env::var("BIND_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let state = AppState::connect().await?;
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on BIND_ADDRESS {address}: {error}"))?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    server::serve(listener, router(state), server::stop_signal()?).await;
    Ok(())
}
