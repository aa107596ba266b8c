import type { Construct } from 'constructs';
import { MonotableTable, type MonotableTableProps } from '../core';

/** The table `@{name}@`, with the keys, indexes and settings of its `config.json`. */
export class @{class}@ extends MonotableTable {
  constructor(scope: Construct, id: string, props: Partial<MonotableTableProps> = {}) {
    // The path starts at the folder of cdk.json.
    super(scope, id, { config: @{config}@, ...props });
  }
}
