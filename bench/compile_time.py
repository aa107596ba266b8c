"""Compares the compile time of a program with thirty entities, and of monotable itself, with another revision.

    python3 bench/compile_time.py REVISION [ROUNDS]

Both revisions build the same program in the `dev` profile, without incremental compilation, in alternation. The output is the median
user time of each and of both together, in seconds, and their ratio. The first build of each also compiles the SDK, and is not counted.
"""

import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = [f"E{number:02}" for number in range(30)]

ENTITY = """
#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel, pk = "USER#{{user_id}}", sk = "{name}#{{id}}",
    gsi1(pk = "{name}#{{title}}", sk = "C#{{count:06}}"),
    gsi2(pk = "{name}", sk = "AT#{{id}}"),
)]
pub struct {name} {{
    user_id: String, id: String, title: String, note: Option<String>, count: u64, done: bool, tags: Vec<String>, price: f64,
}}

async fn use_{lower}(user: &str) -> monotable::Result<()> {{
    let entity = {name} {{
        user_id: user.into(), id: "1".into(), title: "t".into(), note: None, count: 1, done: false, tags: vec![], price: 1.5,
    }};
    {name}::put(&entity).await?;
    let found = {name}::get((user, "1")).await?;
    {name}::update((user, "1")).set({name}::NOTE, "x".to_owned()).set({name}::DONE, true).await?;
    let all = {name}::query(user).all().await?;
    let listed = {name}::gsi1().query("t").all().await?;
    {name}::delete((user, "1")).await?;
    println!("{{found:?}} {{}} {{}}", all.len(), listed.len());
    Ok(())
}}
"""

TABLE = """
use monotable::{{Entity, Table}};
use serde::{{Deserialize, Serialize}};

#[derive(Debug, Table)]
#[table(config = "config.json")]
#[allow(clippy::large_enum_variant)]
pub enum BaseModel {{ {variants} }}

#[tokio::main(flavor = "current_thread")]
async fn main() -> monotable::Result<()> {{
    println!("{{:?}}", BaseModel::gsi1().query("u").all().await?);
    {uses}
    Ok(())
}}
"""

MANIFEST = """
[package]
name = "many"
version = "0.1.0"
edition = "2024"

[dependencies]
monotable = {{ path = "{path}" }}
serde = {{ version = "1", features = ["derive"] }}
tokio = {{ version = "1", default-features = false, features = ["macros", "rt"] }}

[workspace]
"""


def program():
    """Returns the source of the program."""
    variants = " ".join(f"{name}({name})," for name in NAMES)
    uses = "\n    ".join(f'use_{name.lower()}("u").await?;' for name in NAMES)
    entities = "".join(ENTITY.format(name=name, lower=name.lower()) for name in NAMES)
    return TABLE.format(variants=variants, uses=uses) + entities


def create(folder, library):
    """Creates the program in this folder, with the monotable in the folder `library`."""
    (folder / "src").mkdir(parents=True)
    (folder / "src/main.rs").write_text(program())
    (folder / "Cargo.toml").write_text(MANIFEST.format(path=library))
    shutil.copy(ROOT / "config.json", folder)
    shutil.copy(ROOT / "Cargo.lock", folder)


def build(folder, package, root):
    """Compiles this package again, and returns the user time in seconds. `root` is the root file of the package."""
    root.touch()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    environment = {"CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(folder / "target")}
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), "cargo", "build", "--quiet", "-p", package]
    subprocess.run(command, cwd=folder, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def show(what, before, now):
    print(f"{what:10}{before:10.2f}{now:10.2f}{now / before:10.2f}")


def main(revision, rounds=5):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        libraries = {"before": folder / "before-library", "now": ROOT}
        subprocess.run(["git", "worktree", "add", "--detach", libraries["before"], revision], cwd=ROOT, check=True)
        try:
            for name, library in libraries.items():
                create(folder / name, library)
                build(folder / name, "many", folder / name / "src/main.rs")
            print(f"{'':10}{'before':>10}{'now':>10}{'ratio':>10}")
            both = {name: 0 for name in libraries}
            for package in ["many", "monotable"]:
                times = {name: [] for name in libraries}
                for _ in range(int(rounds)):
                    for name, library in libraries.items():
                        root = folder / name / "src/main.rs" if package == "many" else library / "src/lib.rs"
                        times[name].append(build(folder / name, package, root))
                medians = {name: statistics.median(times[name]) for name in libraries}
                both = {name: both[name] + medians[name] for name in libraries}
                show(package, **medians)
            show("both", **both)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", libraries["before"]], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
