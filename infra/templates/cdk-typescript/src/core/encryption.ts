import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Settings } from './config';

const SHARED = 'SharedEncryptionKey';

/** Returns the key that encrypts a table, or `undefined` if DynamoDB owns the key. */
export function encryptionKey(scope: Construct, application: Construct, settings: Settings): kms.IKey | undefined {
  switch (settings.kms) {
    case 'aws-owned':
      return undefined;
    case 'own':
      return new kms.Key(scope, 'EncryptionKey', {
        enableKeyRotation: settings.keyRotation,
        removalPolicy: removalPolicy(settings),
      });
    case 'shared':
      return sharedKey(application, settings);
    default:
      return kms.Key.fromKeyArn(scope, 'EncryptionKey', settings.kms.keyArn);
  }
}

/**
 * Returns the key that all tables with `"kms": "shared"` use.
 *
 * The careful setting wins: the key rotates if one table wants it, and stays if one table stays.
 */
function sharedKey(application: Construct, settings: Settings): kms.Key {
  const stack = Stack.of(application);
  const found = stack.node.tryFindChild(SHARED) as kms.Key | undefined;
  if (!found) {
    return new kms.Key(stack, SHARED, { enableKeyRotation: settings.keyRotation, removalPolicy: removalPolicy(settings) });
  }
  const resource = found.node.defaultChild as kms.CfnKey;
  if (settings.keyRotation) resource.enableKeyRotation = true;
  if (settings.onRemoval === 'retain') found.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return found;
}

export function removalPolicy(settings: Settings): RemovalPolicy {
  return settings.onRemoval === 'delete' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}
