/**
 * The tree of a varlink interface, as UAPI.20's grammar has it: plain data, no behaviour, no positions.
 * Comments are the lines of the block that stands directly before the thing they describe, without `#` and the one
 * space after it; an empty array where there is none.
 */
export interface Interface {
  readonly name: string;
  readonly comment: readonly string[];
  /** In the order of the text. */
  readonly members: readonly Member[];
}

export type Member = TypeAlias | Method | ErrorDeclaration;

export interface TypeAlias {
  readonly kind: 'type';
  readonly name: string;
  readonly comment: readonly string[];
  readonly type: StructType | EnumType;
}

export interface Method {
  readonly kind: 'method';
  readonly name: string;
  readonly comment: readonly string[];
  readonly input: StructType;
  readonly output: StructType;
}

export interface ErrorDeclaration {
  readonly kind: 'error';
  readonly name: string;
  readonly comment: readonly string[];
  readonly parameters: StructType;
}

export type Type =
  | { readonly kind: 'bool' | 'int' | 'float' | 'string' | 'object' | 'any' }
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'array' | 'map' | 'nullable'; readonly element: Type }
  | StructType
  | EnumType;

export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly comment: readonly string[];
  readonly type: Type;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

export interface EnumValue {
  readonly name: string;
  readonly comment: readonly string[];
}
