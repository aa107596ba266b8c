/// A file of a Terraform or CDK project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The path in the project, with `/` between its parts.
    pub path: String,
    /// The contents.
    pub text: String,
    /// Who changes the file.
    pub owner: Owner,
}

/// Who changes a file after it was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// monotable, which replaces the file each time.
    Generated,
    /// The user. monotable creates the file, and later merges its own changes into it.
    User,
}
