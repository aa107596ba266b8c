//! What the engine of a workspace is started with. All tables of a workspace share one engine, so its projects must agree.

use monotable_config::Engine;
use serde::{Deserialize, Serialize};

use crate::dev::engine::Container;
use crate::dev::state::State;
use crate::failure::{Failure, Result};
use crate::workspace::Project;

/// What the engine is started with. A running supervisor records it, so that a later change of config.json is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub engine: Engine,
    pub port: u16,
    /// Whether the guard listens on the port, and forwards requests to the engine.
    pub guard: bool,
    /// Whether the guard writes each request to the log.
    pub requests: bool,
    pub container: Option<Container>,
}

impl Settings {
    pub fn of_projects(state: &State, projects: &[Project], guard: bool, requests: bool) -> Result<Self> {
        let Some(first) = projects.first() else { return Err(Failure::usage("the workspace has no tables")) };
        for project in projects {
            agree(first, project, "localDev.port", |project| project.config.local_dev.port.to_string())?;
            agree(first, project, "localDev.engine", |project| name_of(project.config.local_dev.engine))?;
        }
        let local = &first.config.local_dev;
        let container = match local.engine {
            Engine::Container => {
                for project in projects {
                    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "the default".to_owned());
                    agree(first, project, "localDev.image", |project| text(&project.config.local_dev.image))?;
                    agree(first, project, "localDev.containerName", |project| {
                        text(&project.config.local_dev.container_name)
                    })?;
                    agree(first, project, "localDev.containerEngine", |project| {
                        text(&project.config.local_dev.container_engine)
                    })?;
                }
                Some(Container::of(state, local)?)
            }
            _ => None,
        };
        let has_guard = guard && local.engine != Engine::Endpoint;
        if requests && !has_guard {
            return Err(Failure::usage(
                "`--requests` needs the guard, which the engine `endpoint` and `--no-guard` leave out",
            ));
        }
        Ok(Self { engine: local.engine, port: local.port, guard: has_guard, requests, container })
    }

    pub fn endpoint(&self) -> String {
        monotable_config::local_endpoint(self.port)
    }

    pub fn container(&self) -> Result<&Container> {
        self.container.as_ref().ok_or_else(|| Failure::failed("the settings of the engine have no container"))
    }

    pub fn engine_name(&self) -> String {
        name_of(self.engine)
    }

    /// Returns where the data of the tables is.
    pub fn location(&self, state: &State) -> String {
        match (&self.container, self.engine) {
            (Some(container), _) => format!("the volume {}", container.volume()),
            (None, Engine::Endpoint) => "the engine".to_owned(),
            (None, _) => state.data().display().to_string(),
        }
    }

    /// Compares the settings of a running engine with the settings that a new `dev` wants.
    pub fn check(&self, wanted: &Self) -> Result<()> {
        let text = |value: &Option<Container>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let guard = |guard: bool| if guard { "with the guard" } else { "without the guard" }.to_owned();
        let differences = [
            ("listens on port", self.port.to_string(), wanted.port.to_string()),
            ("is", self.engine_name(), wanted.engine_name()),
            ("runs in", text(&self.container), text(&wanted.container)),
            ("runs", guard(self.guard), guard(wanted.guard)),
        ];
        for (verb, is, wants) in differences {
            if is != wants {
                return Err(Failure::failed(format!(
                    "the engine of this workspace {verb} {is}, but this `dev` wants {wants}; run `monotable dev stop` and start again"
                )));
            }
        }
        match wanted.requests && !self.requests {
            true => Err(Failure::failed(
                "the engine of this workspace runs without `--requests`; run `monotable dev stop` and start again",
            )),
            false => Ok(()),
        }
    }
}

/// Returns the name of an engine, as config.json has it.
fn name_of(engine: Engine) -> String {
    serde_json::to_value(engine).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn agree(first: &Project, other: &Project, word: &str, value: impl Fn(&Project) -> String) -> Result<()> {
    let (one, two) = (value(first), value(other));
    match one == two {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "one engine serves all tables of a workspace, but `{word}` is {one} in {} and {two} in {}; use one value",
            first.file.display(),
            other.file.display()
        ))),
    }
}
