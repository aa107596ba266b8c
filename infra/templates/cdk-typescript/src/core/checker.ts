import type { Autoscaling, Capacity, KeyAttribute, Kms, Stream } from './config';

export type Json = Record<string, unknown>;

const STREAMS: readonly Stream[] = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'];

/** Checks the values of one `config.json`. Its errors name the file, the word and the remedy. */
export class Checker {
  constructor(private readonly file: string) {}

  /** Throws an error about this file. */
  fail(problem: string): never {
    throw new Error(`${this.file}: ${problem} (\`monotable validate ${this.file}\` reports all mistakes)`);
  }

  parse(read: () => string): Json {
    let text: string;
    try {
      text = read().replace(/^\uFEFF/, '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.fail(`the file cannot be read: ${(error as Error).message}`);
      }
      this.fail('the file does not exist; correct the path, which starts at the folder of cdk.json');
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.fail(`the file is not JSON: ${(error as Error).message}; correct it`);
    }
    const twice = duplicate(text);
    if (twice !== undefined) this.fail(`\`${twice}\` occurs twice in one object; keep one`);
    return this.object('', value);
  }

  /** Checks that `value` is an object. If `words` is present, the object can contain no other word. */
  object = (word: string, value: unknown, words?: readonly string[]): Json => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail(`${word === '' ? 'the file' : `\`${word}\``} has to be an object, { .. }`);
    }
    if (words) this.words(word, value as Json, words);
    return value as Json;
  };

  words(word: string, object: Json, words: readonly string[]): void {
    for (const name of Object.keys(object)) {
      if (!words.includes(name)) {
        const path = word === '' ? name : `${word}.${name}`;
        this.fail(`\`${path}\` is unknown; remove it, or use one of ${words.join(', ')}`);
      }
    }
  }

  optional<T>(word: string, value: unknown, check: (word: string, value: unknown) => T): T | undefined {
    return value === undefined || value === null ? undefined : check(word, value);
  }

  text = (word: string, value: unknown): string => {
    if (typeof value !== 'string' || value === '') this.fail(`\`${word}\` has to be a text that is not empty; set it`);
    return value;
  };

  flag(word: string, value: unknown): boolean {
    if (typeof value !== 'boolean') this.fail(`\`${word}\` has to be true or false`);
    return value;
  }

  list(word: string, value: unknown): unknown[] {
    if (!Array.isArray(value)) this.fail(`\`${word}\` has to be a list, [ .. ]`);
    return value;
  }

  whole(word: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      this.fail(`\`${word}\` has to be a whole number ${range}`);
    }
    return value;
  }

  oneOf<T extends string>(word: string, value: unknown, words: readonly T[]): T {
    if (!words.includes(value as T)) {
      this.fail(`\`${word}\` is ${JSON.stringify(value)}, which is unknown; use ${words.map((one) => `"${one}"`).join(' or ')}`);
    }
    return value as T;
  }

  stream = (word: string, value: unknown): Stream => this.oneOf(word, value, STREAMS);

  key = (word: string, value: unknown): KeyAttribute => {
    if (typeof value === 'string') return { name: this.text(word, value), type: 'S' };
    const key = this.object(word, value, ['name', 'type']);
    return { name: this.text(`${word}.name`, key.name), type: this.oneOf(`${word}.type`, key.type ?? 'S', ['S', 'N', 'B']) };
  };

  /** Returns the attributes of a key, which the file gives as one attribute or as a list of up to four. */
  keys(word: string, one: unknown, list: unknown): KeyAttribute[] {
    const single = this.optional(word, one, this.key);
    const several = this.list(`${word}s`, list ?? []).map((key, number) => this.key(`${word}s[${number}]`, key));
    if (single && several.length > 0) this.fail(`\`${word}\` and \`${word}s\` are both present; keep one`);
    if (several.length > 4) this.fail(`\`${word}s\` has ${several.length} attributes, but DynamoDB allows 4; remove some`);
    return single ? [single] : several;
  }

  projection(word: string, value: unknown): 'ALL' | 'KEYS_ONLY' | string[] {
    if (Array.isArray(value) && value.length > 0) return value.map((name) => this.text(word, name));
    if (value === 'ALL' || value === 'KEYS_ONLY') return value;
    return this.fail(`\`${word}\` has to be "ALL", "KEYS_ONLY" or a list of attributes`);
  }

  capacity = (word: string, value: unknown): Capacity => {
    const { read, write } = this.object(word, value, ['read', 'write']);
    return { read: this.whole(`${word}.read`, read, 1), write: this.whole(`${word}.write`, write, 1) };
  };

  autoscaling = (word: string, value: unknown): Autoscaling => {
    const { min, max, targetPercent } = this.object(word, value, ['min', 'max', 'targetPercent']);
    const least = this.whole(`${word}.min`, min, 1);
    return {
      min: least,
      max: this.whole(`${word}.max`, max, least),
      targetPercent: this.whole(`${word}.targetPercent`, targetPercent, 20, 90),
    };
  };

  kms(word: string, value: unknown): Kms {
    if (typeof value === 'string') return this.oneOf(word, value, ['own', 'shared', 'aws-owned'] as const);
    return { keyArn: this.text(`${word}.keyArn`, this.object(word, value, ['keyArn']).keyArn) };
  }

  recovery(word: string, value: unknown): number | false {
    return value === false ? false : this.whole(word, value, 1, 35);
  }

  tags(word: string, value: unknown): Record<string, string> {
    const tags = this.object(word, value ?? {});
    for (const [name, text] of Object.entries(tags)) {
      if (typeof text !== 'string') this.fail(`\`${word}.${name}\` has to be a text; put it in quotes`);
    }
    return tags as Record<string, string>;
  }
}

/** Returns a name that occurs twice in one object of a valid JSON text. `JSON.parse` keeps only the last one. */
function duplicate(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const name: string = JSON.parse(token.slice(0, -1));
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
