//! The Terraform and CDK projects: which files they have, who owns them, and whether Terraform can parse them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::Element;
use monotable_config::Config;
use monotable_infra::cdk::{self, Language};
use monotable_infra::{Application, Error, File, Owner, Result, terraform};
use proptest::prelude::*;
use support::{application, corpus, with_programs};

const LANGUAGES: [Language; 2] = [Language::TypeScript, Language::Python];

fn configs(application: &Application) -> BTreeMap<String, String> {
    application.tables.iter().map(|(name, _)| (name.clone(), format!("crates/{name}/config.json"))).collect()
}

/// Renders all projects of the application, with the name of each project before the paths.
fn render(application: &Application) -> Result<Vec<File>> {
    let configs = configs(application);
    let mut files = terraform::render(application, &configs)?;
    files.iter_mut().for_each(|file| file.path = format!("terraform/{}", file.path));
    for language in LANGUAGES {
        let project = cdk::render(language, application, &configs)?;
        files.extend(project.into_iter().map(|mut file| {
            file.path = format!("{language:?}/{}", file.path);
            file
        }));
    }
    Ok(files)
}

fn table(key: &str) -> Config {
    let file = format!(r#"{{ "runtimeConfigKey": "{key}", "localDev": {{ "port": 8000, "tableName": "local" }} }}"#);
    Config::parse(&file).unwrap()
}

/// Returns an application whose tables have these names.
fn tables(names: &[&str]) -> Application {
    let tables = names.iter().map(|name| ((*name).to_owned(), table(name)));
    application("shop", tables.collect())
}

fn paths(files: &[File], owner: Owner) -> Vec<&str> {
    files.iter().filter(|file| file.owner == owner).map(|file| file.path.as_str()).collect()
}

fn text<'a>(files: &'a [File], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("there is no file {path}")).text
}

fn is_hcl(file: &File) -> bool {
    file.path.ends_with(".tf") || file.path.ends_with(".hcl")
}

fn parse(file: &File) -> Body {
    let body = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
    assert!(!file.text.contains("@{") && !file.text.contains("@%"), "{} contains a placeholder", file.path);
    body
}

/// The tables that the Terraform modules support.
fn supported() -> Vec<(String, Config)> {
    let is_supported = |(name, _): &(String, Config)| !name.starts_with("multi-attribute");
    corpus().into_iter().filter(is_supported).collect()
}

#[test]
fn every_rendered_file_for_terraform_can_be_parsed() {
    let alone = supported().into_iter().map(|table| application("shop", vec![table]));
    for application in alone.chain([application("corpus", supported())]) {
        let files = terraform::render(&application, &configs(&application)).unwrap();
        let tables = application.tables.len();
        assert_eq!(files.iter().filter(|file| is_hcl(file)).map(parse).count(), 35 + 3 * tables);
        // Each table has its module in the application and in the lists of the other modules.
        let main: Body = text(&files, "main.tf").parse().unwrap();
        let modules = main.get_blocks("module").map(|block| block.labels[0].as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(modules.len(), tables + 2, "{modules:?}");
        for name in &modules[..tables] {
            for use_of_module in [format!("    module.{name},\n"), format!("    module.{name}.key_settings,\n")] {
                assert_eq!(text(&files, "main.tf").matches(&use_of_module).count(), 1, "{use_of_module}");
            }
        }
    }
}

#[test]
fn terraform_rejects_a_multi_attribute_key_and_names_the_provider_version() {
    for (name, config) in corpus().into_iter().filter(|(name, _)| name.starts_with("multi-attribute")) {
        let application = application("shop", vec![(name.clone(), config)]);
        let error = terraform::render(&application, &configs(&application)).unwrap_err().to_string();
        assert!(error.contains(&name) && error.contains("provider 6.30.0 or newer"), "{error}");
        for language in LANGUAGES {
            cdk::render(language, &application, &configs(&application)).unwrap();
        }
    }
}

#[test]
fn a_table_has_its_own_files_in_each_project() {
    let files = render(&tables(&["UserEvents"])).unwrap();
    let of_table: Vec<_> =
        files.iter().map(|file| file.path.as_str()).filter(|path| path.contains("/tables/")).collect();
    assert_eq!(
        of_table,
        [
            "terraform/tables/user-events/main.tf",
            "terraform/tables/user-events/outputs.tf",
            "terraform/tables/user-events/variables.tf",
            "TypeScript/src/tables/user-events.ts",
            "Python/tables/user_events.py",
        ]
    );
    assert!(
        text(&files, "terraform/main.tf").contains("module \"user_events\" {\n  source = \"./tables/user-events\"")
    );
    let stack = text(&files, "TypeScript/src/stack.ts");
    assert!(stack.contains("import { UserEvents } from './tables/user-events';"), "{stack}");
    assert!(stack.contains("this.userEventsTable = new UserEvents(this, 'UserEvents');"), "{stack}");
    let stack = text(&files, "Python/stack.py");
    assert!(stack.contains("from tables.user_events import UserEvents\n"), "{stack}");
    assert!(stack.contains("self.user_events_table = UserEvents(self, \"UserEvents\")\n"), "{stack}");
    for path in &of_table {
        let config = "../../crates/UserEvents/config.json";
        assert_eq!(
            text(&files, path).contains(config),
            !path.contains("outputs") && !path.contains("variables"),
            "{path}"
        );
    }
}

#[test]
fn monotable_owns_the_core_and_the_user_owns_the_rest() {
    let files = render(&tables(&["Orders"])).unwrap();
    let generated = paths(&files, Owner::Generated);
    let is_core = |path: &str| {
        ["terraform/core/", "terraform/tests/", "TypeScript/src/core/", "Python/core/"]
            .iter()
            .any(|core| path.starts_with(core))
            || ["TypeScript/test/core.test.ts", "Python/tests/test_core.py"].contains(&path)
            || ["TypeScript/test/function.test.ts", "Python/tests/test_function.py"].contains(&path)
    };
    assert_eq!(generated.iter().filter(|path| !is_core(path)).count(), 0, "{generated:?}");
    let user = paths(&files, Owner::User);
    assert_eq!(user.iter().filter(|path| is_core(path)).count(), 0, "{user:?}");
    for path in ["terraform/.gitignore", "TypeScript/package.json", "TypeScript/.gitignore", "Python/requirements.txt"]
    {
        assert!(user.contains(&path), "{path}");
    }
}

#[test]
fn a_generated_file_is_the_same_in_every_application() {
    let mut other = tables(&["Orders", "Users"]);
    other.name = "other".into();
    other.extra_tables.insert("Archive".into(), "archive".into());
    let generated = |application| {
        let files = render(application).unwrap();
        files.into_iter().filter(|file| file.owner == Owner::Generated).collect::<Vec<_>>()
    };
    assert_eq!(generated(&tables(&["Orders"])), generated(&other));
}

#[test]
fn the_same_application_always_has_the_same_files() {
    let application = application("corpus", supported());
    assert_eq!(render(&application).unwrap(), render(&application).unwrap());
    // Terraform and the CDK select the environment themselves.
    let with_environment = Application { environment: Some("dev".into()), ..application.clone() };
    assert_eq!(render(&with_environment).unwrap(), render(&application).unwrap());
}

#[test]
fn a_name_that_a_project_uses_itself_gets_a_suffix() {
    let files = render(&tables(&["SharedKey"])).unwrap();
    assert!(text(&files, "terraform/main.tf").contains("module \"shared_key_table\" {"));
    for name in ["Stack", "Construct", "MonotableTable"] {
        let files = render(&tables(&[name])).unwrap();
        assert!(text(&files, "TypeScript/src/stack.ts").contains(&format!("new {name}Table(this, '{name}Table')")));
        assert!(text(&files, "Python/stack.py").contains(&format!("= {name}Table(self, \"{name}Table\")")));
        assert!(text(&files, "terraform/main.tf").contains("module \"shared_key\" {"));
    }
    let files = render(&tables(&["Import"])).unwrap();
    assert!(text(&files, "Python/stack.py").contains("from tables.import_table import ImportTable\n"));
    assert!(text(&files, "TypeScript/src/stack.ts").contains("import { Import } from './tables/import';"));
}

#[test]
fn each_program_has_a_policy_in_each_project() {
    let files = render(&with_programs()).unwrap();
    let permissions = text(&files, "terraform/programs.json");
    assert!(permissions.contains("\"shop-api\": [") && permissions.contains("\"leadingKeys\""), "{permissions}");
    for project in ["TypeScript", "Python"] {
        assert_eq!(text(&files, &format!("{project}/programs.json")), permissions);
    }
    assert!(paths(&files, Owner::Generated).contains(&"terraform/programs.json"));
    let main: Body = text(&files, "terraform/main.tf").parse().unwrap();
    let name = attribute(&main, "module", "shop_api_policy", "name");
    assert_eq!(string(name), "shop-api");
    let outputs = text(&files, "terraform/outputs.tf");
    assert!(outputs.contains("    \"shop-api\"     = module.shop_api_policy.arn\n"), "{outputs}");
    let stack = text(&files, "TypeScript/src/stack.ts");
    // The tables of the program, and no others.
    let policy = "new ProgramPolicy(this, 'ShopApiPolicy', {\n      program: 'shop-api',\n      \
                  tables: [this.environmentsTable, this.twoIndexesTable],\n    });";
    assert!(stack.contains(policy), "{stack}");
    // A function of requests, and one of the streams of tables. The stack imports only what it uses.
    assert!(stack.contains("import { ProgramPolicy, RequestFunction, StreamFunction } from './core';"), "{stack}");
    let requests = "this.auditLambdaFunction = new RequestFunction(this, 'AuditLambdaFunction', {\n      \
                    binary: 'audit-lambda',\n      package: 'audit-lambda',\n      policy: this.auditLambdaPolicy,\n      \
                    tables: [this.streamBothImagesTable],\n    });\n";
    let streams = "this.auditLambdaStreamFunction = new StreamFunction(this, 'AuditLambdaStreamFunction', {\n      \
                   binary: 'audit-lambda-stream',\n      package: 'audit-lambda',\n      policy: this.auditLambdaPolicy,\n      \
                   tables: [this.streamBothImagesTable],\n      streams: [this.streamBothImagesTable],\n    });\n";
    assert!(stack.contains(requests) && stack.contains(streams), "{stack}");
    assert!(stack.contains("  readonly auditLambdaStreamFunction: StreamFunction;\n"), "{stack}");
    let stack = text(&files, "Python/stack.py");
    let policy = "self.shop_api_policy = ProgramPolicy(\n            self,\n            \"ShopApiPolicy\",\n            \
                  program=\"shop-api\",\n            tables=[self.environments_table, self.two_indexes_table],\n        )";
    assert!(stack.contains(policy), "{stack}");
    assert!(stack.contains("from core import ProgramPolicy, RequestFunction, StreamFunction\n"), "{stack}");
    let requests = "self.audit_lambda_function = RequestFunction(\n            self,\n            \"AuditLambdaFunction\",\n            \
                    binary=\"audit-lambda\",\n            package=\"audit-lambda\",\n            policy=self.audit_lambda_policy,\n            \
                    tables=[self.stream_both_images_table],\n        )\n";
    let streams = "self.audit_lambda_stream_function = StreamFunction(\n            self,\n            \"AuditLambdaStreamFunction\",\n            \
                   binary=\"audit-lambda-stream\",\n            package=\"audit-lambda\",\n            policy=self.audit_lambda_policy,\n            \
                   tables=[self.stream_both_images_table],\n            streams=[self.stream_both_images_table],\n        )\n";
    assert!(stack.contains(requests) && stack.contains(streams), "{stack}");
    for (test, count) in [
        ("TypeScript/test/stack.test.ts", "resourceCountIs('AWS::Lambda::Function', 2);"),
        ("Python/tests/test_stack.py", "resource_count_is(\"AWS::Lambda::Function\", 2)"),
    ] {
        assert!(text(&files, test).contains(count), "{}", text(&files, test));
    }

    let mut without_functions = with_programs();
    without_functions.programs.iter_mut().for_each(|program| program.functions.clear());
    let files = render(&without_functions).unwrap();
    assert!(text(&files, "TypeScript/src/stack.ts").contains("import { ProgramPolicy } from './core';"));
    assert!(text(&files, "Python/stack.py").contains("from core import ProgramPolicy\n"));

    let extra = [("Archive".to_owned(), "archive".to_owned())].into();
    let files = render(&Application { extra_tables: extra, ..with_programs() }).unwrap();
    let import = "import { ProgramPolicy, RequestFunction, RuntimeConfig, StreamFunction } from './core';";
    assert!(text(&files, "TypeScript/src/stack.ts").contains(import));
    let import = "from core import ProgramPolicy, RequestFunction, RuntimeConfig, StreamFunction\n";
    assert!(text(&files, "Python/stack.py").contains(import));
}

#[test]
fn tables_whose_files_would_be_the_same_are_rejected() {
    for pair in [["UserEvents", "Userevents"], ["USEREvents", "UserEvents"], ["Stack", "StackTable"]] {
        let application = tables(&pair);
        let error = cdk::render(Language::Python, &application, &configs(&application)).unwrap_err();
        let Error::SimilarNames { first, second } = &error else { panic!("{error}") };
        assert_eq!([first, second], pair);
    }
}

#[test]
fn an_application_without_tables_is_rejected() {
    assert!(matches!(render(&tables(&[])).unwrap_err(), Error::NoTables { application } if application == "shop"));
}

#[test]
fn a_table_without_the_path_of_its_config_json_is_rejected() {
    let error = terraform::render(&tables(&["Orders"]), &BTreeMap::new()).unwrap_err();
    assert!(matches!(error, Error::NoConfigPath { table } if table == "Orders"));
}

#[test]
fn what_the_plan_rejects_is_rejected() {
    let mut invalid = tables(&["Orders"]);
    invalid.name = "my shop".into();
    assert!(matches!(render(&invalid).unwrap_err(), Error::Name { .. }));
}

/// Returns the value of a string, or of the text after the only interpolation of a template.
fn string(expression: &Expression) -> String {
    match expression {
        Expression::String(text) => text.to_string(),
        Expression::StringTemplate(template) => {
            let literals = template.iter().filter_map(Element::as_literal).map(|literal| literal.to_string());
            assert!(template.iter().filter(|element| element.is_interpolation()).count() <= 1, "{template:?}");
            literals.collect()
        }
        other => panic!("{other:?} is not a string"),
    }
}

fn attribute<'a>(body: &'a Body, block: &'a str, label: &str, name: &str) -> &'a Expression {
    let is_it = |block: &&Block| block.labels[0].as_str() == label;
    let block = body.get_blocks(block).find(is_it).unwrap_or_else(|| panic!("there is no {block} {label}"));
    let attribute: &Attribute = block.body.get_attribute(name).unwrap_or_else(|| panic!("{label} has no {name}"));
    &attribute.value
}

/// Texts with the characters that mean something in HCL, TypeScript and Python.
fn any_text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([$%]{0,3}\\{|[\"'\\\\}~`]|[a-z/ .]|[\n\r\t\u{1}\u{7f}]|\\PC){1,12}").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn terraform_reads_every_text_as_it_is(path in any_text(), key in any_text(), other in any_text()) {
        let mut application = tables(&["Orders"]);
        application.extra_tables = [(key, "one".to_owned()), (other.clone(), "two".to_owned())].into();
        application.deployment_strategy = Some(other.clone());
        prop_assume!(!application.extra_tables.contains_key("Orders"));
        let files = terraform::render(&application, &[("Orders".to_owned(), path.clone())].into()).unwrap();
        let body = |path: &str| text(&files, path).parse::<Body>().unwrap_or_else(|error| panic!("{error}"));
        let module = body("tables/orders/main.tf");
        let found = string(attribute(&module, "module", "table", "config_path"));
        prop_assert_eq!(found, format!("/../../../../{path}"));
        let variables = body("variables.tf");
        let strategy = attribute(&variables, "variable", "deployment_strategy_id", "default");
        prop_assert_eq!(string(strategy), other);
        let Expression::Object(map) = attribute(&variables, "variable", "extra_tables", "default") else { panic!() };
        let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
            let ObjectKey::Expression(key) = key else { panic!("{key:?} is not a string") };
            (string(key), string(value.expr()))
        };
        let found: BTreeMap<_, _> = map.iter().map(entry).collect();
        prop_assert_eq!(found, application.extra_tables);
    }

    #[test]
    fn python_and_typescript_have_each_text_in_one_string(path in any_text()) {
        let configs = [("Orders".to_owned(), path.clone())].into();
        for (language, file, quote) in
            [(Language::TypeScript, "src/tables/orders.ts", '\''), (Language::Python, "tables/orders.py", '"')]
        {
            let files = cdk::render(language, &tables(&["Orders"]), &configs).unwrap();
            let source = text(&files, file);
            let start = source.find(&format!("{quote}../../")).unwrap();
            prop_assert_eq!(unquoted(&source[start..]), format!("../../{path}"));
        }
    }
}

/// Returns the value of the string at the beginning of the source, by the rules that TypeScript and Python share.
fn unquoted(source: &str) -> String {
    let mut chars = source.chars();
    let quote = chars.next().unwrap();
    let mut value = String::new();
    loop {
        match chars.next().unwrap() {
            c if c == quote => return value,
            '\n' => panic!("the string has a line break"),
            '\\' => value.push(match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let code: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap()
                }
                c @ ('"' | '\'' | '\\') => c,
                other => panic!("`\\{other}` is no escape"),
            }),
            c => value.push(c),
        }
    }
}

#[test]
fn the_workflow_installs_this_version() {
    let workflow = include_str!("../templates/github/monotable.yml");
    let version = concat!("\n  MONOTABLE_VERSION: ", env!("CARGO_PKG_VERSION"), "\n");
    assert!(workflow.contains(version), "templates/github/monotable.yml does not install version{version}");
}
