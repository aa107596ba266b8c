//! Writes a plan. A new crate appears at once, by renaming a finished folder, and each changed file is replaced by renaming a
//! finished file. So an interrupted run leaves no half-written file.

use std::fs;
use std::path::Path;

use super::plan::Plan;
use crate::failure::{Failure, Result};
use crate::files;
use crate::merge::FilePlan;

pub fn apply(plan: &Plan) -> Result<()> {
    let (members, others): (Vec<&FilePlan>, Vec<&FilePlan>) =
        plan.files.iter().partition(|file| file.path.starts_with(&plan.member));
    if plan.is_new {
        create(plan, &members)?;
    } else {
        for file in &members {
            file.write(&plan.root)?;
        }
        let (path, text) = &plan.memory;
        files::replace(&plan.root.join(path), text)?;
    }
    // The manifest of the workspace is last: until then, cargo does not know the crate.
    for file in others {
        let written = file.write(&plan.root);
        if written.is_err() && plan.is_new {
            let _ = fs::remove_dir_all(plan.root.join(&plan.member));
        }
        written?;
    }
    Ok(())
}

/// Writes all files into a temporary folder next to the crate's folder, and renames it.
fn create(plan: &Plan, files: &[&FilePlan]) -> Result<()> {
    let folder = plan.root.join(&plan.member);
    let parent = folder.parent().unwrap_or(&plan.root).to_owned();
    fs::create_dir_all(&parent).map_err(|error| Failure::io("create", &parent, error))?;
    // Not next to the crate, where a pattern of the workspace could match it.
    let temporary = plan.root.join(format!(".monotable-{}-{}", plan.crate_name, std::process::id()));
    let within = |path: &Path| temporary.join(path.strip_prefix(&plan.member).unwrap_or(path));
    let written = files
        .iter()
        .try_for_each(|file| file.text.as_ref().map_or(Ok(()), |text| files::write(&within(&file.path), text)))
        .and_then(|()| files::write(&within(&plan.memory.0), &plan.memory.1))
        .and_then(|()| fs::rename(&temporary, &folder).map_err(|error| Failure::io("create", &folder, error)));
    if written.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}
