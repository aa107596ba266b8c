export type { Autoscaling, Billing, Capacity, Kms, Overrides, Stream } from './config';
export {
  type ProgramFunctionProps,
  RequestFunction,
  type RequestFunctionProps,
  StreamFunction,
  type StreamFunctionProps,
} from './function';
export { ProgramPolicy, type ProgramPolicyProps } from './program-policy';
export { RuntimeConfig, type RuntimeConfigProps } from './runtime-config';
export { MonotableTable, type MonotableTableProps } from './table';
