import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ApplicationStack } from '../src/stack';

test('the stack has all tables and one runtime configuration', () => {
  const template = Template.fromStack(new ApplicationStack(new App(), 'Test'));
  template.resourceCountIs('AWS::DynamoDB::Table', @{table_count}@);
  template.resourceCountIs('AWS::AppConfig::Deployment', 1);
@%- if programs %@
  template.resourceCountIs('AWS::IAM::ManagedPolicy', @{programs | length}@);
@%- endif %@
@%- if function_count > 0 %@
  template.resourceCountIs('AWS::Lambda::Function', @{function_count}@);
@%- endif %@
});
