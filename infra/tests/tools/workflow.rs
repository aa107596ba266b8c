use crate::{Program, printed};

const WORKFLOW: &str = include_str!("../../templates/github/monotable.yml");

pub fn actionlint(program: &Program) {
    check(program, &[], ("vars.AWS_REGION", "variables.AWS_REGION"));
}

pub fn check_jsonschema(program: &Program) {
    check(program, &["--builtin-schema", "vendor.github-workflows"], ("runs-on:", "run-on:"));
}

pub fn zizmor(program: &Program) {
    let arguments = ["--offline", "--no-progress", "--persona=auditor"];
    check(program, &arguments, ("run: monotable validate", "run: echo ${{ github.event.pull_request.title }}"));
}

/// Checks the workflow. The program has to accept it, and to reject it with the mistake.
fn check(program: &Program, arguments: &[&str], (text, mistake): (&str, &str)) {
    let run = |workflow: &str| {
        let path = program.write(".github/workflows/monotable.yml", workflow);
        program.run(arguments.iter().map(AsRef::as_ref).chain([path.as_os_str()]))
    };
    assert!(WORKFLOW.contains(text), "the workflow does not contain `{text}`");
    let accepted = run(WORKFLOW);
    assert!(accepted.status.success(), "{}", printed(&accepted));
    let rejected = run(&WORKFLOW.replace(text, mistake));
    assert!(!rejected.status.success(), "the program must reject `{mistake}`: {}", printed(&rejected));
}
