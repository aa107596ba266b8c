//! The signals that end a run.

/// A signal that this process has received.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    pub number: i32,
    /// A process has sent it, perhaps only to this process. Ctrl-C comes from the terminal, which sends it to the command as well.
    #[cfg(unix)]
    pub is_from_process: bool,
}

pub use platform::Signals;

#[cfg(unix)]
mod platform {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use tokio::sync::mpsc;

    use super::Signal;
    use crate::failure::{Failure, Result};

    pub struct Signals(mpsc::UnboundedReceiver<Signal>);

    impl Signals {
        /// From now on, these signals no longer kill the process.
        pub fn new() -> Result<Self> {
            let mut origins = SignalsInfo::<WithOrigin>::new([SIGINT, SIGTERM, SIGHUP])
                .map_err(|error| Failure::failed(format!("cannot handle signals: {error}")))?;
            let (sender, receiver) = mpsc::unbounded_channel();
            std::thread::spawn(move || {
                for origin in &mut origins {
                    let signal = Signal { number: origin.signal, is_from_process: origin.process.is_some() };
                    if sender.send(signal).is_err() {
                        return;
                    }
                }
            });
            Ok(Self(receiver))
        }

        /// Waits for the next signal.
        pub async fn next(&mut self) -> Signal {
            match self.0.recv().await {
                Some(signal) => signal,
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use super::Signal;
    use crate::failure::Result;

    pub struct Signals;

    impl Signals {
        pub fn new() -> Result<Self> {
            Ok(Self)
        }

        pub async fn next(&mut self) -> Signal {
            let _ = tokio::signal::ctrl_c().await;
            Signal { number: 2 }
        }
    }
}
