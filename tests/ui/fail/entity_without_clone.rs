use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" } }"#)]
enum Base {
    Player(Player),
}

#[derive(Debug, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "PLAYER#{id}", sk = "PLAYER")]
struct Player {
    id: String,
    score: u32,
}

async fn uses() -> monotable::Result<()> {
    Player { id: "p1".into(), score: 1 }.create().await?;
    Player::get("p1").await?;
    Player::update("p1").set(Player::SCORE, 3).await?;
    Base::batch_write().put(&Player { id: "p2".into(), score: 2 }).await?;
    Base::scan().all().await?;
    Ok(())
}

fn main() {
    drop(uses());
}
