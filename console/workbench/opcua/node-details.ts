/** All that a panel shows of one node: its attributes, its value, and what its properties say. */
import type { NodeTagView } from "../../../broker/api/shapes/plant.ts";
import {
  type Argument,
  argumentsIn,
  type DataValue,
  rangeIn,
  unitIn,
  wordsIn,
} from "../../../protocols/opcua/client/answers.ts";
import { nodeIdText, parseNodeId } from "../../../protocols/opcua/client/node-text.ts";
import { attributeName } from "../../../protocols/opcua/describe.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { ATTRIBUTE_VALUE } from "../../../protocols/opcua/operation.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import { NODE_CLASS } from "./address-tree.ts";
import { problemOf, type Questions } from "./reading.ts";

export interface ShownAttribute {
  readonly name: string;
  readonly value: DataValue;
}

/** An argument of a method, with what its values are made of. */
export interface TypedArgument extends Argument {
  /** `UInt32`, `Double[]`; undefined where nobody says. */
  readonly type: string | undefined;
}

export interface NodeDetails {
  readonly node: NodeId;
  readonly id: string;
  readonly name: string;
  readonly nodeClass: number;
  readonly attributes: readonly ShownAttribute[];
  /** Of a variable. */
  readonly value: DataValue | undefined;
  /** What is written there: `Double`, `Int32[]`; undefined where nobody says. */
  readonly type: string | undefined;
  readonly mayWrite: boolean;
  readonly hasHistory: boolean;
  readonly hasEvents: boolean;
  readonly unit: string;
  readonly range: { readonly low: number; readonly high: number } | undefined;
  /** Words of false and true, or of 0, 1, 2 … */
  readonly states: readonly string[];
  /** Of a method. */
  readonly inputs: readonly TypedArgument[];
  readonly tag: NodeTagView | undefined;
}

export type Described =
  | { readonly kind: "node"; readonly details: NodeDetails }
  | { readonly kind: "problem"; readonly words: string };

export interface Subject {
  readonly node: NodeId;
  readonly name: string;
  readonly nodeClass: number;
}

const COMMON = [1, 2, 3, 4, 5];
const OF_VARIABLE = [13, 14, 15, 16, 17, 18, 19, 20];
const OF_OBJECT = [12];
const OF_METHOD = [21, 22];
const HAS_PROPERTY: NodeId = { namespace: 0, id: "i=46" };
const PROPERTIES: ReadonlySet<string> = new Set([
  ...["EURange", "InstrumentRange", "EngineeringUnits", "TrueState", "FalseState"],
  ...["EnumStrings", "InputArguments"],
]);

export async function describeNode(
  questions: Questions,
  { node, name, nodeClass }: Subject,
  tag: NodeTagView | undefined,
): Promise<Described> {
  const wanted = attributesOf(nodeClass);
  const reply = await questions.read(wanted.map((attribute) => ({ node, attribute })));
  if (reply.kind !== "done") return { kind: "problem", words: problemOf(reply) };
  const byNumber = new Map(wanted.map((attribute, n) => [attribute, reply.value[n]]));
  if (reply.value.every(({ status }) => isBad(status))) {
    return { kind: "problem", words: problemOf(reply, reply.value[0]?.status) };
  }
  const properties = await propertiesOf(questions, node, nodeClass);
  const inputs = argumentsIn(bytesOf(properties.get("InputArguments")));
  const value = byNumber.get(ATTRIBUTE_VALUE);
  const access = numberOf(byNumber.get(18)) ?? numberOf(byNumber.get(17)) ?? 0;
  const details: NodeDetails = {
    ...{ node, id: nodeIdText(node), name, nodeClass, value, tag },
    attributes: wanted.flatMap((number) => shown(number, byNumber.get(number))),
    type: await typeOf(questions, value, byNumber.get(14), byNumber.get(15)),
    mayWrite: nodeClass === NODE_CLASS.variable && (access & CURRENT_WRITE) !== 0,
    hasHistory: nodeClass === NODE_CLASS.variable && (access & HISTORY_READ) !== 0,
    hasEvents: ((numberOf(byNumber.get(12)) ?? 0) & SUBSCRIBE_TO_EVENTS) !== 0,
    unit: tag?.unit || (unitIn(bytesOf(properties.get("EngineeringUnits"))) ?? ""),
    range: rangeIn(bytesOf(properties.get("EURange") ?? properties.get("InstrumentRange"))),
    states: statesOf(properties),
    inputs: await Promise.all(inputs.map((each) => typed(questions, each))),
  };
  return { kind: "node", details };
}

const [CURRENT_WRITE, HISTORY_READ] = [0x02, 0x04];
const SUBSCRIBE_TO_EVENTS = 0x01;

function attributesOf(nodeClass: number): readonly number[] {
  if (nodeClass === NODE_CLASS.variable) return [...COMMON, ...OF_VARIABLE];
  if (nodeClass === NODE_CLASS.object) return [...COMMON, ...OF_OBJECT];
  return nodeClass === NODE_CLASS.method ? [...COMMON, ...OF_METHOD] : COMMON;
}

/** Those that the node has not are left out; the value has its own place. */
function shown(number: number, value: DataValue | undefined): readonly ShownAttribute[] {
  if (!value || number === ATTRIBUTE_VALUE || value.status === ATTRIBUTE_INVALID) return [];
  return [{ name: attributeName(number), value }];
}

const ATTRIBUTE_INVALID = 0x8035_0000;

async function propertiesOf(questions: Questions, node: NodeId, nodeClass: number) {
  const found = new Map<string, DataValue>();
  if (nodeClass !== NODE_CLASS.variable && nodeClass !== NODE_CLASS.method) return found;
  const asked = { node, direction: "forward", reference: HAS_PROPERTY } as const;
  const { references } = await questions.browse(asked);
  const known = references.filter(({ browseName }) => PROPERTIES.has(browseName));
  if (known.length === 0) return found;
  const values = known.map((each) => ({ node: each.node, attribute: ATTRIBUTE_VALUE }));
  const reply = await questions.read(values);
  if (reply.kind !== "done") return found;
  known.forEach(({ browseName }, n) => {
    const value = reply.value[n];
    if (value && !isBad(value.status)) found.set(browseName, value);
  });
  return found;
}

function statesOf(properties: ReadonlyMap<string, DataValue>): readonly string[] {
  const [no] = wordsIn(bytesOf(properties.get("FalseState")));
  const [yes] = wordsIn(bytesOf(properties.get("TrueState")));
  if (no !== undefined && yes !== undefined) return [no, yes];
  return wordsIn(bytesOf(properties.get("EnumStrings")));
}

/** As the value is now; where there is none, as its data type says. */
async function typeOf(
  questions: Questions,
  value: DataValue | undefined,
  dataType: DataValue | undefined,
  rank: DataValue | undefined,
): Promise<string | undefined> {
  if (value?.value && value.value.type !== "Null") return value.value.type;
  const node = dataType?.value && parseNodeId(dataType.value.text);
  const element = node && (await questions.builtIn(node));
  return element && ((numberOf(rank) ?? -1) >= 1 ? `${element}[]` : element);
}

async function typed(questions: Questions, argument: Argument): Promise<TypedArgument> {
  const element = await questions.builtIn(argument.dataType);
  const type = element && (argument.valueRank >= 1 ? `${element}[]` : element);
  return { ...argument, type };
}

function numberOf(value: DataValue | undefined): number | undefined {
  return value?.value?.number;
}

const NO_BYTES = new Uint8Array(0);

function bytesOf(value: DataValue | undefined): Uint8Array {
  return value?.value?.bytes ?? NO_BYTES;
}
