import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Checker, type Json } from './checker';

/** The folder of `cdk.json`. A relative path to a `config.json` starts here, whatever the working directory is. */
const PROJECT = resolve(__dirname, '../..');

/** A key attribute: its name, and its type (string, number or binary). */
export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

/** Provisioned read and write capacity units. */
export interface Capacity {
  readonly read: number;
  readonly write: number;
}

/** Limits and target of the automatic scaling of provisioned capacity. They apply to reads and to writes. */
export interface Autoscaling {
  readonly min: number;
  readonly max: number;
  readonly targetPercent: number;
}

/** A secondary index. A local index has no `partitionKeys`, because it uses the partition key of the table. */
export interface Index {
  readonly indexName: string;
  readonly partitionKeys: readonly KeyAttribute[];
  readonly sortKeys: readonly KeyAttribute[];
  readonly projection: 'ALL' | 'KEYS_ONLY' | readonly string[];
  readonly capacity?: Capacity;
  readonly autoscaling?: Autoscaling;
}

export type Billing = 'PAY_PER_REQUEST' | 'PROVISIONED';
export type Stream = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
export type Kms = 'own' | 'shared' | 'aws-owned' | { readonly keyArn: string };

/** The settings that a stack can replace. The words and their values are those of `config.json`. */
export interface Overrides {
  /** The billing mode. `PAY_PER_REQUEST` also removes the capacity and the autoscaling that the file sets. */
  readonly billing?: Billing;
  /** The provisioned capacity of the table, and of each index that has no capacity in the file. */
  readonly capacity?: Capacity;
  /** The autoscaling of the table. `false` turns it off for the table and its indexes. */
  readonly autoscaling?: Autoscaling | false;
  /** The attribute with the expiry time of an item; `false` turns expiry off. */
  readonly ttlAttribute?: string | false;
  /** The data in the stream of the table; `false` turns the stream off. */
  readonly stream?: Stream | false;
  /** The key that encrypts the table. `own` and `shared` cost about 1 USD a month for each key. */
  readonly kms?: Kms;
  /** Whether AWS KMS replaces the key material every year. */
  readonly keyRotation?: boolean;
  /** The number of days to which the table can be restored, 1 to 35; `false` turns recovery off. */
  readonly pointInTimeRecovery?: number | false;
  readonly deletionProtection?: boolean;
  /** What happens to the table and its key when they leave the stack. */
  readonly onRemoval?: 'retain' | 'delete';
  /** Tags of the table and of its own key. They are added to the tags of the file. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The fixed name of the table. Without it, CloudFormation generates a name. */
  readonly tableName?: string;
}

/** The contents of a `config.json` for one environment. */
export interface Settings {
  readonly runtimeConfigKey: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
  readonly globalIndexes: readonly Index[];
  readonly localIndexes: readonly Index[];
  readonly billing: Billing;
  readonly capacity?: Capacity;
  readonly autoscaling?: Autoscaling;
  readonly ttlAttribute?: string;
  readonly stream?: Stream;
  readonly kms: Kms;
  readonly keyRotation: boolean;
  readonly pointInTimeRecovery: number | false;
  readonly deletionProtection: boolean;
  readonly onRemoval: 'retain' | 'delete';
  readonly tags: Readonly<Record<string, string>>;
  readonly tableName?: string;
}

const DEPLOY_WORDS = ['kms', 'keyRotation', 'pointInTimeRecovery', 'deletionProtection', 'onRemoval', 'tags', 'tableName'];

/**
 * Reads a `config.json`, and applies the overrides of an environment and then those of the stack.
 *
 * It finds the mistakes that would give a wrong table. `monotable validate` finds all of them, with line and column.
 */
export function readSettings(config: string, environment: string | undefined, overrides: Overrides): Settings {
  const check = new Checker(config);
  const file = check.parse(() => readFileSync(resolve(PROJECT, config), 'utf8'));
  check.words('', file, ['$schema', 'runtimeConfigKey', 'localDev', 'tableConfig', 'deploy']);
  const table = check.object('tableConfig', file.tableConfig ?? {}, [
    'partitionKey', 'sortKey', 'globalSecondaryIndexes', 'localSecondaryIndexes', 'ttlAttribute', 'stream', 'billing',
    'capacity', 'autoscaling',
  ]);
  const deploy = check.object('deploy', file.deploy ?? {}, [...DEPLOY_WORDS, 'environments']);
  const words = { ...table, ...deploy, ...environmentWords(check, deploy.environments, environment) };
  const tags = [deploy.tags, words.tags].map((tags) => check.tags('deploy.tags', tags));

  const partitionKey = check.optional('tableConfig.partitionKey', table.partitionKey, check.key);
  const sortKey = check.optional('tableConfig.sortKey', table.sortKey, check.key);
  const fromFile: Settings = {
    runtimeConfigKey: check.text('runtimeConfigKey', file.runtimeConfigKey),
    partitionKey: partitionKey ?? { name: 'pk', type: 'S' },
    sortKey: sortKey ?? (partitionKey ? undefined : { name: 'sk', type: 'S' }),
    globalIndexes: indexes(check, 'tableConfig.globalSecondaryIndexes', table.globalSecondaryIndexes),
    localIndexes: indexes(check, 'tableConfig.localSecondaryIndexes', table.localSecondaryIndexes),
    billing: check.oneOf('tableConfig.billing', table.billing ?? 'PAY_PER_REQUEST', ['PAY_PER_REQUEST', 'PROVISIONED']),
    capacity: check.optional('tableConfig.capacity', words.capacity, check.capacity),
    autoscaling: check.optional('tableConfig.autoscaling', words.autoscaling, check.autoscaling),
    ttlAttribute: check.optional('tableConfig.ttlAttribute', table.ttlAttribute, check.text),
    stream: check.optional('tableConfig.stream', table.stream, check.stream),
    kms: check.kms('deploy.kms', words.kms ?? 'own'),
    keyRotation: check.flag('deploy.keyRotation', words.keyRotation ?? true),
    pointInTimeRecovery: check.recovery('deploy.pointInTimeRecovery', words.pointInTimeRecovery ?? 35),
    deletionProtection: check.flag('deploy.deletionProtection', words.deletionProtection ?? true),
    onRemoval: check.oneOf('deploy.onRemoval', words.onRemoval ?? 'retain', ['retain', 'delete']),
    tags: Object.assign({}, ...tags),
    tableName: check.optional('deploy.tableName', words.tableName, check.text),
  };
  return checked(check, override(fromFile, overrides));
}

/** Returns the words of the environment. A file without `environments` is the same in every environment. */
function environmentWords(check: Checker, environments: unknown, environment: string | undefined): Json {
  if (environments === undefined || environments === null) return {};
  const all = check.object('deploy.environments', environments);
  for (const [name, words] of Object.entries(all)) {
    check.object(`deploy.environments.${name}`, words, [...DEPLOY_WORDS, 'capacity', 'autoscaling']);
  }
  if (environment === undefined || Object.keys(all).length === 0) return {};
  const names = Object.keys(all);
  if (!names.includes(environment)) {
    check.fail(`\`deploy.environments\` has no \`${environment}\`, only ${names.join(', ')}; add it, or choose one of these`);
  }
  const words = Object.entries(all[environment] as Json);
  return Object.fromEntries(words.filter(([, value]) => value !== null));
}

function indexes(check: Checker, word: string, value: unknown): Index[] {
  return check.list(word, value ?? []).map((entry, number) => {
    const at = `${word}[${number}]`;
    const index = check.object(at, entry, [
      'indexName', 'name', 'partitionKey', 'partitionKeys', 'sortKey', 'sortKeys', 'projection', 'capacity', 'autoscaling',
    ]);
    return {
      indexName: check.text(`${at}.indexName`, index.indexName),
      partitionKeys: check.keys(`${at}.partitionKey`, index.partitionKey, index.partitionKeys),
      sortKeys: check.keys(`${at}.sortKey`, index.sortKey, index.sortKeys),
      projection: check.projection(`${at}.projection`, index.projection ?? 'ALL'),
      capacity: check.optional(`${at}.capacity`, index.capacity, check.capacity),
      autoscaling: check.optional(`${at}.autoscaling`, index.autoscaling, check.autoscaling),
    };
  });
}

/** Applies the overrides of the stack. An override that is `undefined` keeps the value of the file. */
function override(file: Settings, overrides: Overrides): Settings {
  const onDemand = overrides.billing === 'PAY_PER_REQUEST';
  const unscaled = onDemand || overrides.autoscaling === false;
  const globalIndexes = file.globalIndexes.map((index) => ({
    ...index,
    capacity: onDemand ? undefined : index.capacity,
    autoscaling: unscaled ? undefined : index.autoscaling,
  }));
  return {
    ...file,
    globalIndexes,
    billing: overrides.billing ?? file.billing,
    capacity: overrides.capacity ?? (onDemand ? undefined : file.capacity),
    autoscaling: overrides.autoscaling || (unscaled ? undefined : file.autoscaling),
    ttlAttribute: overrides.ttlAttribute === false ? undefined : (overrides.ttlAttribute ?? file.ttlAttribute),
    stream: overrides.stream === false ? undefined : (overrides.stream ?? file.stream),
    kms: overrides.kms ?? file.kms,
    keyRotation: overrides.keyRotation ?? file.keyRotation,
    pointInTimeRecovery: overrides.pointInTimeRecovery ?? file.pointInTimeRecovery,
    deletionProtection: overrides.deletionProtection ?? file.deletionProtection,
    onRemoval: overrides.onRemoval ?? file.onRemoval,
    tags: { ...file.tags, ...overrides.tags },
    tableName: overrides.tableName ?? file.tableName,
  };
}

/** Checks the rules that involve more than one word. */
function checked(check: Checker, settings: Settings): Settings {
  const { billing, capacity, autoscaling, globalIndexes, localIndexes } = settings;
  if (billing === 'PROVISIONED' && !capacity) {
    check.fail('`tableConfig.billing` is PROVISIONED, which needs `tableConfig.capacity`; add `{ "read": 5, "write": 5 }`');
  }
  const provisioned = { capacity, autoscaling };
  for (const [word, value] of [provisioned, ...globalIndexes].flatMap(({ capacity, autoscaling }) => [
    ['capacity', capacity] as const,
    ['autoscaling', autoscaling] as const,
  ])) {
    if (billing !== 'PROVISIONED' && value) {
      check.fail(`\`${word}\` needs the billing mode PROVISIONED; set \`tableConfig.billing\`, or remove \`${word}\``);
    }
  }
  const names = new Set<string>();
  for (const { indexName } of [...globalIndexes, ...localIndexes]) {
    if (names.has(indexName)) check.fail(`two indexes have the \`indexName\` "${indexName}"; rename one of them`);
    names.add(indexName);
  }
  for (const { indexName, partitionKeys } of globalIndexes) {
    if (partitionKeys.length === 0) check.fail(`the index "${indexName}" has no \`partitionKey\`; add one`);
  }
  for (const { indexName, partitionKeys, sortKeys, capacity, autoscaling } of localIndexes) {
    if (partitionKeys.length > 0) {
      check.fail(`the local index "${indexName}" uses the partition key of the table; remove \`partitionKey\``);
    }
    if (sortKeys.length !== 1) check.fail(`the local index "${indexName}" needs one \`sortKey\``);
    if (capacity || autoscaling) {
      check.fail(`the local index "${indexName}" uses the capacity of the table; remove \`capacity\` and \`autoscaling\``);
    }
  }
  attributes(settings, (name) => check.fail(`the key attribute \`${name}\` has two types; give it one \`type\``));
  return settings;
}

/** Returns each key attribute once: those of the table, of the global indexes, and of the local indexes. */
export function attributes(settings: Settings, twoTypes: (name: string) => void = () => {}): KeyAttribute[] {
  const indexes = [...settings.globalIndexes, ...settings.localIndexes];
  const table = settings.sortKey ? [settings.partitionKey, settings.sortKey] : [settings.partitionKey];
  const found = new Map<string, KeyAttribute>();
  for (const key of [...table, ...indexes.flatMap((index) => [...index.partitionKeys, ...index.sortKeys])]) {
    const first = found.get(key.name) ?? key;
    if (first.type !== key.type) twoTypes(key.name);
    found.set(key.name, first);
  }
  return [...found.values()];
}
