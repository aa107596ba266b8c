import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Settings } from './config';

const SHARED = 'SharedEncryptionKey';

/** The tags with which each shared key started: those of its first table. */
const firstTags = new WeakMap<kms.Key, Settings['tags']>();

/** Returns the key that encrypts a table, or `undefined` if DynamoDB owns the key. */
export function encryptionKey(scope: Construct, application: Construct, settings: Settings): kms.IKey | undefined {
  switch (settings.kms) {
    case 'aws-owned':
      return undefined;
    case 'own':
      return newKey(scope, 'EncryptionKey', `Encrypts the table ${scope.node.path}`, settings);
    case 'shared':
      return sharedKey(Stack.of(application), settings);
    default:
      return kms.Key.fromKeyArn(scope, 'EncryptionKey', settings.kms.keyArn);
  }
}

function newKey(scope: Construct, id: string, description: string, settings: Settings): kms.Key {
  const key = new kms.Key(scope, id, {
    description,
    enableKeyRotation: settings.keyRotation,
    removalPolicy: removalPolicy(settings),
  });
  for (const [name, value] of Object.entries(settings.tags)) Tags.of(key).add(name, value);
  return key;
}

/**
 * Returns the key that all tables with `"kms": "shared"` use. If their settings differ, the safer one applies. The key has the tags
 * that all tables have.
 */
function sharedKey(stack: Stack, settings: Settings): kms.Key {
  const found = stack.node.tryFindChild(SHARED) as kms.Key | undefined;
  if (!found) {
    const key = newKey(stack, SHARED, `Encrypts tables of ${stack.stackName}`, settings);
    firstTags.set(key, settings.tags);
    return key;
  }
  for (const [name, value] of Object.entries(firstTags.get(found) ?? {})) {
    if (settings.tags[name] !== value) Tags.of(found).remove(name);
  }
  if (settings.keyRotation) (found.node.defaultChild as kms.CfnKey).enableKeyRotation = true;
  if (settings.onRemoval === 'retain') found.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return found;
}

export function removalPolicy(settings: Settings): RemovalPolicy {
  return settings.onRemoval === 'delete' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}
