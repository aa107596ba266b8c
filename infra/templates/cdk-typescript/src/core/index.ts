export type { Autoscaling, Billing, Capacity, Kms, Overrides, Stream } from './config';
export { ProgramPolicy, type ProgramPolicyProps } from './program-policy';
export { RuntimeConfig, type RuntimeConfigProps } from './runtime-config';
export { MonotableTable, type MonotableTableProps } from './table';
