//! Prints the template of a stack with one table and a Lambda function that reads and writes it.

use monotable_infra::stack::{Function, Stack};

fn main() -> monotable_infra::Result<()> {
    let mut stack = Stack::new("shop");
    let users = stack.table_from_file("UsersTable", "infra/tests/corpus/hash-only.json")?;
    let mut api = Function::new("Api", "my-bucket", "api.zip").property("MemorySize", 256);
    users.grant_read_write(&mut api);
    stack.function(api)?;
    stack.export("Users", users.table_arn(), "users-table-arn");
    print!("{}", stack.template()?.to_json());
    Ok(())
}
