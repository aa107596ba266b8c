use monotable_config::ConfigError;

/// An error in an application, a stack or a pattern. The message names the problem and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A `config.json` cannot be read, or it does not contain the selected environment.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The name of the application, of a table or of another resource cannot be used.
    #[error("{what} cannot have the name `{name}`: {remedy}")]
    Name {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// What to do.
        remedy: String,
    },
    /// Two tables of an application have the same `runtimeConfigKey`.
    #[error(
        "{first} and {second} have the same `runtimeConfigKey`, `{key}`, so a program could not find both; change the key in one \
         config.json"
    )]
    DuplicateRuntimeConfigKey {
        /// The key.
        key: String,
        /// The table that has the key.
        first: String,
        /// The other table that has the key.
        second: String,
    },
    /// Two resources of a template have the same logical id.
    #[error("two resources have the logical id `{id}`: {first} and {second}; rename one of them")]
    DuplicateId {
        /// The logical id.
        id: String,
        /// What the first resource is.
        first: String,
        /// What the second resource is.
        second: String,
    },
    /// Two tables of an application have the same fixed name.
    #[error("the tables `{first}` and `{second}` have the same `deploy.tableName`, `{name}`; change one of them")]
    DuplicateTableName {
        /// The name.
        name: String,
        /// The table that has the name.
        first: String,
        /// The other table that has the name.
        second: String,
    },
    /// A program uses a table that the application does not have.
    #[error("{program} uses the table `{key}`, which has no config.json in the workspace")]
    UnknownTable {
        /// The program.
        program: String,
        /// The `runtimeConfigKey` of the table.
        key: String,
    },
    /// A managed policy is longer than IAM allows.
    #[error(
        "the policy of `{name}` has {length} characters, and IAM allows 6144; connect the program to fewer entities, or write its policy \
         by hand with `monotable policy`"
    )]
    PolicyLength {
        /// The program.
        name: String,
        /// The length of its policy, in characters.
        length: usize,
    },
    /// The application has no tables.
    #[error("the application `{application}` has no tables; add one, for example with `monotable new NAME`")]
    NoTables {
        /// The application.
        application: String,
    },
    /// Two tables would have the same file or folder in a project.
    #[error("the tables `{first}` and `{second}` differ only in their case or in `-`, `_` and `.`; rename one of them")]
    SimilarNames {
        /// The name of the first table.
        first: String,
        /// The name of the second table.
        second: String,
    },
    /// The path of a table's `config.json` is not known.
    #[error("the path of the config.json of the table `{table}` is missing; give one path for each table")]
    NoConfigPath {
        /// The table.
        table: String,
    },
    /// Terraform cannot create an index whose key has several attributes.
    #[error(
        "the index `{index}` of the table `{table}` has a multi-attribute key, which the Terraform modules do not support: it needs the aws \
         provider 6.30.0 or newer, and they also support 5.100.0; use one attribute for each key, or `--iac cloudformation` or `--iac cdk`"
    )]
    MultiAttributeKey {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// No table of the application has the selected environment.
    #[error(
        "the environment `{name}` does not exist, because no config.json of the application has `deploy.environments`; add \
         `\"deploy\": {{ \"environments\": {{ \"{name}\": {{}} }} }}` to one of them, or select no environment"
    )]
    NoEnvironments {
        /// The environment.
        name: String,
    },
    /// A grant concerns the stream of a table that has none.
    #[error(
        "the table `{table}` has no stream; add `\"stream\": \"NEW_AND_OLD_IMAGES\"` to `tableConfig` in its config.json"
    )]
    NoStream {
        /// The table.
        table: String,
    },
    /// A template refers to a resource that it does not contain.
    #[error(
        "`{from}` refers to `{to}`, but the template has no such resource or parameter; add it, or correct the reference"
    )]
    UnknownReference {
        /// The resource or output that refers to another one.
        from: String,
        /// The logical id that does not exist.
        to: String,
    },
    /// Two outputs of a template have the same name.
    #[error("two outputs have the name `{name}`; rename one of them")]
    DuplicateOutput {
        /// The name.
        name: String,
    },
    /// A text is not a template.
    #[error("this is not a CloudFormation template: {why}")]
    Template {
        /// What is wrong.
        why: String,
    },
    /// The schema has no entity, operation or query with this name.
    #[error("`{pattern}` is not an access pattern of `{table}`; the patterns are {known}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The name of the table enum.
        table: String,
        /// The patterns of the schema.
        known: String,
    },
}

/// The result of a function that can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
