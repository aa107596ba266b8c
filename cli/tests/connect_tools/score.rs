use monotable::Entity;
use serde::{Deserialize, Serialize};

use super::{BaseModel, State};

/// The best score of a player in a season. A function makes its partition key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BaseModel, pk = board(state, season), sk = "PLAYER#{player}")]
pub struct Score {
    /// The state of the game.
    pub state: State,
    /// The season.
    pub season: u16,
    /// The player.
    #[entity(key_only)]
    pub player: String,
    /// The points.
    pub points: u32,
    /// The number of writes.
    #[entity(version)]
    pub version: u64,
}

fn board(state: &State, season: &u16) -> String {
    let prefix = match state {
        State::Open => "LIVE",
        State::Paid => "OVER",
    };
    format!("{prefix}#{season:05}")
}
