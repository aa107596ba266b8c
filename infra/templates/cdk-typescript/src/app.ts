import { App } from 'aws-cdk-lib';
import { ApplicationStack } from './stack';

const app = new App();
const environment: string | undefined = app.node.tryGetContext('env');
new ApplicationStack(app, environment === undefined ? '@{app}@' : `@{app}@-${environment}`);
