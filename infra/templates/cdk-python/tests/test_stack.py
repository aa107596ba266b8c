from aws_cdk import App
from aws_cdk.assertions import Template

from stack import ApplicationStack


def test_the_stack_has_all_tables_and_one_runtime_configuration() -> None:
    template = Template.from_stack(ApplicationStack(App(), "Test"))
    template.resource_count_is("AWS::DynamoDB::Table", @{table_count}@)
    template.resource_count_is("AWS::AppConfig::Deployment", 1)
@%- if programs %@
    template.resource_count_is("AWS::IAM::ManagedPolicy", @{programs | length}@)
@%- endif %@
@%- if function_count > 0 %@
    template.resource_count_is("AWS::Lambda::Function", @{function_count}@)
@%- endif %@
