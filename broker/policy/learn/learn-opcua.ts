/**
 * The narrowest readable rules for what was done over OPC UA: nodes that were read or monitored,
 * nodes that were written with their values, methods by object. Browsing is not narrowed.
 */
import {
  ATTRIBUTE_VALUE,
  type CallOperation,
  type FileOperation,
  type OpcUaOperation,
  type WriteOperation,
} from "../../../protocols/opcua/operation.ts";
import type { OpcUaEndpoint } from "../../plant/model.ts";
import {
  boundsOf,
  grouped,
  type Learned,
  type LearnedRule,
  type LearnOptions,
  rateOf,
  type Seen,
  sorted,
} from "./learned.ts";

/** More nodes than this are read as people browse: then reading is not narrowed. */
const NODES_NAMED_MAX = 200;

export function learnOpcUa(
  { nodes: tags }: Pick<OpcUaEndpoint, "nodes">,
  seen: readonly Seen<OpcUaOperation>[],
  options: LearnOptions,
): Learned {
  const notes: string[] = [];
  const of = (action: string) => seen.filter(({ operation }) => operation.action === action);
  const names = new Map(tags.map((tag) => [tag.node, tag]));
  const writes = of("opcua:write") as Seen<WriteOperation>[];
  return {
    rules: [
      ...lookRules(seen, notes),
      ...[...grouped(writes, ({ operation }) => operation.node)].flatMap(([node, own]) =>
        writeRules(node, own, names.get(node), options, notes),
      ),
      ...callRules(of("opcua:call") as Seen<CallOperation>[], "call", options),
      ...callRules(of("opcua:file") as Seen<FileOperation>[], "file", options),
      ...namedRules(of("opcua:history-update"), "change history"),
      ...namedRules(of("opcua:other"), "other services"),
    ],
    notes,
  };
}

/** What delivers values of nodes, in the words of rules. */
const READING: readonly string[] = ["opcua:read", "opcua:subscribe", "opcua:history-read"];
const BROWSING: readonly string[] = ["opcua:browse", "opcua:register"];

function lookRules(seen: readonly Seen<OpcUaOperation>[], notes: string[]): LearnedRule[] {
  const rules: LearnedRule[] = [];
  const reading = seen.filter(({ operation }) => READING.includes(operation.action));
  const does = doesOf(reading);
  const nodes = sorted(reading.flatMap(({ operation }) => nodeOf(operation)));
  if (nodes.length > NODES_NAMED_MAX) {
    notes.push(`"read": ${nodes.length} nodes were read; every node may be`);
    rules.push({ name: "read", permit: "observe", opcua: { does } });
  } else if (nodes.length > 0) {
    rules.push({ name: "read", permit: "observe", opcua: { does, nodes } });
  } else if (does.length > 0) {
    rules.push({ name: "read", permit: "observe", opcua: { does } });
  }
  const browsing = seen.filter(({ operation }) => BROWSING.includes(operation.action));
  if (browsing.length === 0) return rules;
  notes.push('"browse": the address space may be browsed as a whole');
  return [...rules, { name: "browse", permit: "observe", opcua: { does: doesOf(browsing) } }];
}

function nodeOf(operation: OpcUaOperation): readonly string[] {
  return "node" in operation && operation.node !== undefined ? [operation.node] : [];
}

function doesOf(seen: readonly Seen<OpcUaOperation>[]): readonly string[] {
  return sorted(seen.map(({ operation }) => operation.action.replace("opcua:", "")));
}

function writeRules(
  node: string,
  own: readonly Seen<WriteOperation>[],
  tag: OpcUaEndpoint["nodes"][number] | undefined,
  options: LearnOptions,
  notes: string[],
): LearnedRule[] {
  const name = `write ${tag?.name ?? node}`.slice(0, 100);
  const values = own.flatMap(({ operation }) => operation.values ?? operation.value ?? Number.NaN);
  if (!values.every(Number.isFinite)) {
    notes.push(`"${name}": values that are no numbers are not narrowed`);
  }
  const attributes = sorted(own.map(({ operation }) => operation.attribute));
  if (attributes.some((attribute) => attribute !== ATTRIBUTE_VALUE)) {
    notes.push(`"${name}": attributes other than Value are left out`);
  }
  const types = sorted(own.map(({ operation }) => operation.type)).filter(
    (type) => type !== "none",
  );
  return [
    {
      name,
      permit: "operate",
      ...(tag && { tags: [tag.name] }),
      opcua: {
        does: ["write"],
        ...(!tag && { nodes: [node] }),
        ...(types.length > 0 && { types }),
      },
      ...boundsOf(values, options, tag),
      ...rateOf([own.map(({ atMs }) => atMs)], options),
    },
  ];
}

function callRules(
  calls: readonly Seen<CallOperation | FileOperation>[],
  does: string,
  options: LearnOptions,
): LearnedRule[] {
  const alike = grouped(calls, ({ operation }) => `${operation.class} ${operation.node}`);
  return [...alike.values()].flatMap((own) => {
    const first = own[0]?.operation;
    if (first === undefined) return [];
    const byMethod = grouped(own, ({ operation }) => operation.method);
    const times = [...byMethod.values()].map((each) => each.map(({ atMs }) => atMs));
    return [
      {
        name: `${does === "call" ? "methods" : "files"} of ${first.node}`.slice(0, 100),
        permit: first.class,
        opcua: { does: [does], nodes: [first.node], methods: sorted(byMethod.keys()) },
        ...rateOf(times, options),
      },
    ];
  });
}

function namedRules(seen: readonly Seen<OpcUaOperation>[], name: string): LearnedRule[] {
  return [...grouped(seen, ({ operation }) => operation.class)].map(([permit, own]) => {
    const nodes = sorted(own.flatMap(({ operation }) => nodeOf(operation)));
    return {
      name: `${name}${permit === "observe" ? " (looking)" : ""}`,
      permit,
      opcua: { does: doesOf(own), ...(nodes.length > 0 && { nodes }) },
    };
  });
}
