//! `monotable doctor`: which tools this machine has, what each is needed for, and how to get a missing one.

use std::process::Command;

use comfy_table::{Table as Grid, presets};
use monotable_local::DynamoDbLocal;
use serde::Serialize;

use crate::failure::Result;
use crate::output::{self, Output};

/// A tool, and how to ask it for its version.
struct Tool {
    name: &'static str,
    command: &'static [&'static str],
    needed_for: &'static str,
    remedy: &'static str,
}

const TOOLS: [Tool; 9] = [
    Tool {
        name: "cargo",
        command: &["cargo", "--version"],
        needed_for: "building projects",
        remedy: "https://rustup.rs",
    },
    Tool {
        name: "java",
        command: &["java", "-version"],
        needed_for: "DynamoDB Local (17 or newer)",
        remedy: "install a Java runtime, such as openjdk-17-jre-headless",
    },
    Tool {
        name: "npm",
        command: &["npm", "--version"],
        needed_for: "`monotable engine install` without `--from`, and CDK projects",
        remedy: "https://nodejs.org",
    },
    Tool {
        name: "docker",
        command: &["docker", "--version"],
        needed_for: "the local engine `container`, which can also use podman, finch or nerdctl",
        remedy: "https://docs.docker.com/engine/install",
    },
    Tool {
        name: "node",
        command: &["node", "--version"],
        needed_for: "CDK projects (20 or newer)",
        remedy: "https://nodejs.org",
    },
    Tool {
        name: "python3",
        command: &["python3", "--version"],
        needed_for: "CDK projects in Python",
        remedy: "https://www.python.org/downloads",
    },
    Tool {
        name: "terraform",
        command: &["terraform", "version"],
        needed_for: "Terraform projects",
        remedy: "https://developer.hashicorp.com/terraform/install",
    },
    Tool {
        name: "cargo-lambda",
        command: &["cargo-lambda", "lambda", "--version"],
        needed_for: "building Lambda functions",
        remedy: "https://www.cargo-lambda.info/guide/installation.html",
    },
    Tool {
        name: "aws",
        command: &["aws", "--version"],
        needed_for: "logging in to AWS (`aws sso login`)",
        remedy: "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    },
];

/// What is known about a tool.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    tool: &'static str,
    installed: bool,
    version: Option<String>,
    needed_for: &'static str,
    remedy: Option<String>,
}

pub fn run(output: Output) -> Result<()> {
    let mut reports = vec![embedded(), dynamodb_local()];
    reports.extend(TOOLS.iter().map(ask));
    if output.is_json() {
        reports.iter().for_each(|report| output.result(report, String::new));
        return Ok(());
    }
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    grid.set_header(["tool", "version", "needed for", "how to get it"]);
    for report in &reports {
        let version = report.version.as_deref().unwrap_or("missing");
        grid.add_row([report.tool, version, report.needed_for, report.remedy.as_deref().unwrap_or("")]);
    }
    grid.lines().for_each(|line| output::print(&format!("{}\n", line.trim())));
    output.note("\nOnly the embedded engine and cargo are needed for a project on this machine. `monotable deploy` needs no other tool.");
    Ok(())
}

fn embedded() -> Report {
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    Report { tool: "embedded engine", installed: true, version, needed_for: "`monotable dev` and tests", remedy: None }
}

fn dynamodb_local() -> Report {
    let installed = DynamoDbLocal::installed();
    Report {
        tool: "DynamoDB Local",
        installed: installed.is_ok(),
        version: installed.as_ref().ok().map(|path| path.display().to_string()),
        needed_for: "tests on Amazon's own engine",
        remedy: installed.err().map(|error| error.to_string()),
    }
}

/// Asks a tool for its version. Some tools print it on standard error.
fn ask(tool: &Tool) -> Report {
    let [program, arguments @ ..] = tool.command else { unreachable!("a command has a program") };
    let asked = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success());
    let version = asked.map(|output| {
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned()
    });
    Report {
        tool: tool.name,
        installed: version.is_some(),
        remedy: version.is_none().then(|| tool.remedy.to_owned()),
        version,
        needed_for: tool.needed_for,
    }
}
