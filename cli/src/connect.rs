//! `monotable connect`: writes a program that uses a table, or adds to it what has changed.
//!
//! The command goes from options to a request ([`request`]), to files ([`templates`]), to a plan ([`plan`]), and only then to the disk. A
//! dry run stops before the last step. The templates know the entities only through [`model`], so another kind of program is
//! another list of templates.

mod api_crate;
mod key;
mod manifest;
mod memory;
mod model;
mod names;
mod plan;
mod programs;
mod queries;
mod request;
mod sort;
mod source;
mod templates;
mod values;

use crate::failure::Result;
use crate::generate;
use crate::merge;
use crate::output::Output;

pub use programs::programs;
pub use request::Options;

pub fn run(options: &Options, output: Output) -> Result<()> {
    let _lock = (!options.dry_run).then(crate::dev::lock_projects);
    let request = request::request(options)?;
    for remark in &request.remarks {
        output.note(remark);
    }
    let plan = plan::plan(&request, output)?;
    merge::report(&plan.files, output, options.diff, options.dry_run);
    if options.dry_run {
        return Ok(());
    }
    generate::apply(&plan)?;
    if !options.no_fetch {
        generate::fetch(&plan.root, output);
    }
    if plan.is_new {
        output.note(&format!("\nNext:\n{}", request.kind.next(&plan.crate_name, request.has_engine)));
    }
    Ok(())
}
