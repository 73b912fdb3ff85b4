/**
 * The OPC UA workbench without a screen: the tree, what is watched, and what was written, called
 * and refused. The components only draw it.
 */
import type { NodeTagView } from "../../../broker/api/shapes/plant.ts";
import type { CauseView } from "../../../broker/api/shapes/sessions.ts";
import {
  callAnswer,
  type DataValue,
  historyAnswer,
  statusAnswer,
} from "../../../protocols/opcua/client/answers.ts";
import {
  callRequest,
  historyRequest,
  writeRequest,
} from "../../../protocols/opcua/client/requests.ts";
import { Namespaces, type NodeId } from "../../../protocols/opcua/node-id.ts";
import { ATTRIBUTE_VALUE } from "../../../protocols/opcua/operation.ts";
import { Reader } from "../../../protocols/opcua/reader.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import { opcuaText } from "../../text/opcua.ts";
import type { Clock } from "../clock.ts";
import { type Decision, OperationLog } from "../modbus/operation-log.ts";
import type { Desk, Way } from "../use-session.ts";
import { AddressTree } from "./address-tree.ts";
import { Changes } from "./changes.ts";
import { EventLog } from "./event-log.ts";
import { Line, type Reply } from "./line.ts";
import { type Described, describeNode, type Subject } from "./node-details.ts";
import { problemOf, Questions } from "./reading.ts";
import { WatchList } from "./watch-list.ts";

export interface DeskDeps {
  readonly clock: Clock;
  readonly tags: readonly NodeTagView[];
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  /** Calls back before the next picture. */
  frame(call: () => void): void;
}

/** What a deed came to; `words` are for the person. */
export type Report =
  | { readonly kind: "done"; readonly words: string }
  /** A rule of the broker; the asset heard nothing. */
  | {
      readonly kind: "denied";
      readonly words: string;
      readonly rule: string;
      readonly reason: string;
    }
  /** The asset did not do it. */
  | { readonly kind: "refused"; readonly words: string }
  /** It may or may not have been done. */
  | { readonly kind: "unknown"; readonly words: string };

export interface NamedTag {
  readonly tag: NodeTagView;
  readonly node: NodeId;
}

const NAMESPACES: NodeId = { namespace: 0, id: "i=2255" };
/** Values of one look at a history. */
export const HISTORY_MAX = 1_000;

type Told = (decision: Decision) => void;

export class OpcUaDesk implements Desk {
  readonly tree: AddressTree;
  readonly watch: WatchList;
  readonly events = new EventLog();
  readonly log = new OperationLog();
  readonly questions: Questions;
  /** The channel to the asset, and the names that it brings. */
  readonly channel = new Changes();
  closedBecause: CauseView | undefined;
  /** The asset has answered on this channel. */
  isReady = false;
  private readonly deps: DeskDeps;
  private readonly line: Line;
  private way: Way | undefined;
  private namespaces: Namespaces | undefined;

  constructor(deps: DeskDeps) {
    this.deps = deps;
    const { clock } = deps;
    const send = (bytes: Uint8Array) => this.way?.send(bytes);
    this.line = new Line({ clock, send, onBroken: () => this.way?.renew() });
    this.questions = new Questions(this.line);
    this.tree = new AddressTree((node) => this.questions.browse({ node, direction: "forward" }));
    const frame = (call: () => void) => deps.frame(call);
    this.watch = new WatchList({ clock, line: this.line, events: this.events, frame });
  }

  get endpoint(): string {
    return this.deps.endpoint;
  }

  get isOpen(): boolean {
    return this.line.isOpen;
  }

  connect(way: Way): void {
    this.way = way;
  }

  attached(): void {
    this.line.attached();
    this.isReady = false;
    this.closedBecause = undefined;
    this.questions.forget();
    void this.begin();
    this.channel.changed();
  }

  away(): void {
    this.line.away();
    this.watch.away();
    this.channel.changed();
  }

  closed(cause: CauseView): void {
    this.closedBecause = cause;
    this.away();
  }

  /** Another channel, after the asset was gone. */
  reopen(): void {
    this.closedBecause = undefined;
    this.channel.changed();
    this.way?.renew();
  }

  bytes(bytes: Uint8Array, shown: () => void): void {
    this.line.received(bytes);
    this.deps.frame(shown);
  }

  decision(decision: Decision): void {
    this.line.decided(decision);
  }

  /** The named points that the asset has a namespace for. */
  get tags(): readonly NamedTag[] {
    return this.deps.tags.flatMap((tag) => {
      const node = this.nodeOf(tag.node);
      return node ? [{ tag, node }] : [];
    });
  }

  /** The asset does not tell its namespaces: nobody knows which nodes the named points are. */
  get hasHiddenTags(): boolean {
    return this.namespaces === undefined && this.deps.tags.length > 0;
  }

  tagOf(node: NodeId): NodeTagView | undefined {
    const name = this.namespaces?.name(node);
    return this.deps.tags.find((tag) => tag.node === name);
  }

  /** With its namespace's URI, as rules and recordings name it. */
  fullName(node: NodeId): string | undefined {
    return this.namespaces?.name(node);
  }

  describe(subject: Subject): Promise<Described> {
    return describeNode(this.questions, subject, this.tagOf(subject.node));
  }

  /** The present value, for a person who waits for it. */
  async valueOf(node: NodeId): Promise<DataValue | undefined> {
    const reply = await this.questions.read([{ node, attribute: ATTRIBUTE_VALUE }]);
    return reply.kind === "done" ? reply.value[0] : undefined;
  }

  /** @param shown the value in words */
  async write(
    { node, name }: { readonly node: NodeId; readonly name: string },
    variant: Uint8Array,
    shown: string,
    onDecision: Told,
  ): Promise<Report> {
    const log = this.begun("write", opcuaText.log.write(name, shown));
    const told = log.told(onDecision);
    const reply = await this.line.ask(writeRequest(node, variant), statusAnswer, {
      onDecision: told,
    });
    const status = reply.kind === "done" ? reply.value[0] : undefined;
    return log.over(reportOf(reply, status, opcuaText.done));
  }

  async call(
    method: { readonly object: NodeId; readonly node: NodeId; readonly name: string },
    inputs: readonly Uint8Array[],
    shown: readonly string[],
    onDecision: Told,
  ): Promise<Report> {
    const log = this.begun("call", opcuaText.log.call(method.name, shown));
    const request = callRequest(method.object, method.node, inputs);
    const told = log.told(onDecision);
    const reply = await this.line.ask(request, callAnswer, { onDecision: told });
    const result = reply.kind === "done" ? reply.value[0] : undefined;
    const outputs = result?.outputs.map(({ text }) => text) ?? [];
    return log.over(reportOf(reply, result?.status, opcuaText.called(outputs)));
  }

  async history(node: NodeId, fromMs: number, untilMs: number) {
    const request = historyRequest(node, { fromMs, untilMs, countMax: HISTORY_MAX });
    const reply = await this.line.ask(request, historyAnswer);
    const result = reply.kind === "done" ? reply.value[0] : undefined;
    if (result && !isBad(result.status)) return { kind: "values" as const, ...result };
    return { kind: "problem" as const, words: problemOf(reply, result?.status) };
  }

  private async begin(): Promise<void> {
    const reply = await this.questions.read([{ node: NAMESPACES, attribute: ATTRIBUTE_VALUE }]);
    const bytes = reply.kind === "done" ? reply.value[0]?.value?.bytes : undefined;
    this.namespaces = bytes && namespacesIn(bytes);
    this.isReady = reply.kind !== "lost";
    this.channel.changed();
    this.watch.begin();
    await this.tree.begin();
  }

  private nodeOf(named: string): NodeId | undefined {
    if (!named.startsWith("nsu=")) return { namespace: 0, id: named };
    const id = named.slice(named.indexOf(";") + 1);
    const count = this.namespaces?.uris.length ?? 0;
    for (let namespace = 1; namespace < count; namespace += 1) {
      if (this.namespaces?.name({ namespace, id }) === named) return { namespace, id };
    }
    return undefined;
  }

  private begun(kind: "write" | "call", what: string) {
    const atMs = this.deps.clock.wallMs();
    const plain = { verdict: "asked", rule: "", reason: "", outcome: "", failed: false } as const;
    const id = this.log.add({ atMs, kind, what, ...plain });
    return {
      told: (further: Told) => (decision: Decision) => {
        const { verdict, rule, reason } = decision;
        this.log.change(id, { verdict, rule, reason });
        further(decision);
      },
      over: (report: Report): Report => {
        this.log.change(id, {
          ...{ outcome: report.words, failed: report.kind !== "done" },
          ...(report.kind !== "denied" && { verdict: "permit" as const }),
        });
        return report;
      },
    };
  }
}

function reportOf(reply: Reply<unknown>, status: number | undefined, done: string): Report {
  if (reply.kind === "lost") return { kind: "unknown", words: opcuaText.lost[reply.reason] };
  const denied = reply.decisions.find(({ verdict }) => verdict === "deny");
  const code = reply.kind === "fault" ? reply.status : (status ?? 0);
  const words = opcuaText.status(code);
  if (denied) return { kind: "denied", words, rule: denied.rule, reason: denied.reason };
  return isBad(code) ? { kind: "refused", words } : { kind: "done", words: done };
}

/** A Variant that is an array of String; undefined where it is anything else. */
function namespacesIn(variant: Uint8Array): Namespaces | undefined {
  const r = new Reader(variant);
  if (r.uint8() !== STRINGS) return undefined;
  const uris = Array.from({ length: Math.max(0, r.count()) }, () => r.string() ?? "");
  return r.fault === undefined ? new Namespaces(uris) : undefined;
}

const STRINGS = 0x80 | 12;
