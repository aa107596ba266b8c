//! Writes the Terraform or CDK project of some tables, as `monotable synth` does. The checks in `infra/tests` run it.
//!
//!     render terraform|cdk-typescript|cdk-python WORKSPACE PROJECT CONFIG... [KEY=NAME...]
//!
//! PROJECT and each CONFIG are paths in the folder WORKSPACE. KEY=NAME is a table of another stack.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use monotable_config::Config;
use monotable_infra::cdk::{self, Language};
use monotable_infra::{Application, terraform};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, workspace, project, inputs @ ..] = arguments.as_slice() else {
        return Err(
            "usage: render terraform|cdk-typescript|cdk-python WORKSPACE PROJECT CONFIG... [KEY=NAME...]".into()
        );
    };
    let workspace = Path::new(workspace);
    let mut application = Application { name: "shop".into(), ..Application::default() };
    let mut configs = BTreeMap::new();
    for input in inputs {
        if let Some((key, name)) = input.split_once('=') {
            application.extra_tables.insert(key.to_owned(), name.to_owned());
        } else {
            let config = Config::read(&workspace.join(input))?;
            configs.insert(config.runtime_config_key.clone(), input.clone());
            application.tables.push((config.runtime_config_key.clone(), config));
        }
    }
    let files = match output.as_str() {
        "terraform" => terraform::render(&application, &configs)?,
        "cdk-typescript" => cdk::render(Language::TypeScript, &application, &configs)?,
        "cdk-python" => cdk::render(Language::Python, &application, &configs)?,
        _ => return Err(format!("there is no output `{output}`").into()),
    };
    for file in files {
        let path = workspace.join(project).join(&file.path);
        fs::create_dir_all(path.parent().ok_or("a file is in a folder")?)?;
        fs::write(path, file.text)?;
    }
    Ok(())
}
