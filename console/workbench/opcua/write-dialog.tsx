/**
 * Writing one node: what it holds now beside what it will hold, its type and what is allowed, a
 * confirmation, and what came of it in the same place.
 */
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import type { DataValue } from "../../../protocols/opcua/client/answers.ts";
import { typedValue, type Wrong } from "../../../protocols/opcua/client/typed-value.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { Loading } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { Decision } from "../modbus/operation-log.ts";
import { WriteWaits } from "../modbus/waiting-for-person.tsx";
import { Notice } from "../session-notices.tsx";
import { NODE_CLASS } from "./address-tree.ts";
import { AllowedHere } from "./allowed-here.tsx";
import { DeedOutcome } from "./deed-outcome.tsx";
import type { OpcUaDesk, Report } from "./desk.ts";
import type { NodeDetails } from "./node-details.ts";
import { useDetails } from "./use-details.ts";
import { plain, valueWords } from "./value-words.ts";

const words = opcuaText.write;
const plainWords = workbenchText.write;

export interface Writing {
  readonly node: NodeId;
  readonly id: string;
  readonly name: string;
}

interface WriteDialogProps {
  readonly desk: OpcUaDesk;
  /** Undefined: closed. */
  readonly writing: Writing | undefined;
  readonly profile: string;
  /** Why nothing can be written now; undefined when it can. */
  readonly blocked: string | undefined;
  readonly onClose: () => void;
}

export function WriteDialog(props: WriteDialogProps) {
  const { writing, onClose } = props;
  return (
    <Modal
      opened={writing !== undefined}
      onClose={onClose}
      title={writing ? words.title(plain(writing.name)) : ""}
      size="md"
    >
      {writing && <Read key={writing.id} {...props} writing={writing} />}
    </Modal>
  );
}

type OpenProps = WriteDialogProps & { readonly writing: Writing };

/** The node is read first: its type decides what can be typed. */
function Read(props: OpenProps) {
  const { desk, writing } = props;
  const [chosen] = useState({ ...writing, nodeClass: NODE_CLASS.variable, above: undefined });
  const { described } = useDetails(desk, chosen);
  if (described === undefined) return <Loading />;
  if (described.kind === "problem") {
    return (
      <Notice tone="attention" title={plainWords.notRead}>
        {described.words}
      </Notice>
    );
  }
  return <Form {...props} details={described.details} />;
}

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "waiting"; readonly decision: Decision | undefined }
  | { readonly kind: "told"; readonly report: Report };

type FormProps = OpenProps & { readonly details: NodeDetails };

function Form(props: FormProps) {
  const { desk, writing, profile, blocked, onClose, details } = props;
  const { type } = details;
  const [typed, setTyped] = useState("");
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const [now, setNow] = useState<DataValue | undefined>(details.value);
  const encoded = type === undefined ? undefined : typedValue(type, typed);
  const ready = encoded?.kind === "value" && typed !== "" ? encoded : undefined;
  const waiting = step.kind === "waiting";
  const shown = ready ? shownValue(details, ready.text) : "";
  useWatchedValue(desk, writing.id, setNow);

  async function write(event: FormEvent) {
    event.preventDefault();
    if (!ready || waiting || blocked !== undefined) return;
    setStep({ kind: "waiting", decision: undefined });
    const told = (decision: Decision) => setStep({ kind: "waiting", decision });
    const report = await desk.write(writing, ready.bytes, shown, told);
    setNow(await desk.valueOf(writing.node));
    setStep({ kind: "told", report });
  }
  if (step.kind === "told" && step.report.kind === "done") {
    return <Written what={valueWords(now, details)} onClose={onClose} />;
  }
  return (
    <form onSubmit={(event) => void write(event)}>
      <Stack gap="sm">
        <Change now={valueWords(now, details)} next={shown || "–"} />
        {type === undefined || encoded === undefined ? (
          <Notice tone="attention" title={words.noType} />
        ) : (
          <ValueInput {...{ details, type, typed }} onType={setTyped} disabled={waiting} />
        )}
        <AllowedHere desk={desk} details={details} profile={profile} />
        {blocked !== undefined && <Notice tone="attention" title={blocked} />}
        {waiting && <WriteWaits decision={step.decision} />}
        {step.kind === "told" && (
          <DeedOutcome what={words.title(plain(writing.name))} report={step.report} />
        )}
        {!waiting && <p className="wb-quiet">{plainWords.confirmKey}</p>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {step.kind === "asking" ? plainWords.cancel : plainWords.close}
          </Button>
          <Button type="submit" loading={waiting} disabled={!ready || blocked !== undefined}>
            {words.confirm(shown)}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** While the dialog is open the value goes on changing, where it is watched. */
function useWatchedValue(desk: OpcUaDesk, id: string, take: (value: DataValue) => void) {
  useEffect(
    () =>
      desk.watch.subscribe(() => {
        const value = desk.watch.get(id)?.value;
        if (value) take(value);
      }),
    [desk, id, take],
  );
}

function shownValue({ unit, states, type }: NodeDetails, text: string): string {
  const isYes = /^(true|1)$/i.test(text);
  if (type === "Boolean") return states[isYes ? 1 : 0] ?? String(isYes);
  const word = /^\d+$/.test(text) ? states[Number(text)] : undefined;
  return word ?? `${text} ${unit}`.trim();
}

function Change({ now, next }: { readonly now: string; readonly next: string }) {
  return (
    <div className="tg-change">
      <div>
        <span className="wb-dim">{plainWords.now}</span>
        <strong>{now}</strong>
      </div>
      <span aria-hidden className="tg-arrow">
        →
      </span>
      <div>
        <span className="wb-dim">{plainWords.next}</span>
        <strong>{next}</strong>
      </div>
    </div>
  );
}

interface ValueInputProps {
  readonly details: NodeDetails;
  readonly type: string;
  readonly typed: string;
  readonly onType: (typed: string) => void;
  readonly disabled: boolean;
}

function ValueInput({ details, type, typed, onType, disabled }: ValueInputProps) {
  const choices = choicesOf(details, type);
  const { unit } = details;
  if (choices.length > 0) {
    return (
      <NativeSelect
        label={words.type(type)}
        data-autofocus
        autoFocus
        disabled={disabled}
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        data={[{ value: "", label: "" }, ...choices]}
      />
    );
  }
  const encoded = typedValue(type, typed);
  const wrong = typed !== "" && encoded.kind === "wrong" ? wrongWords(encoded.because) : undefined;
  return (
    <TextInput
      label={words.type(type)}
      description={type.endsWith("[]") ? words.listAdvice : undefined}
      data-autofocus
      autoFocus
      autoComplete="off"
      readOnly={disabled}
      rightSection={<span className="wb-dim">{unit}</span>}
      rightSectionWidth={unit === "" ? 8 : 16 + 8 * unit.length}
      error={wrong}
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
    />
  );
}

/** A Boolean, or a number whose values have words. */
function choicesOf({ states }: NodeDetails, type: string) {
  if (type === "Boolean") {
    return [
      { value: "false", label: states[0] ?? "false" },
      { value: "true", label: states[1] ?? "true" },
    ];
  }
  return states.map((label, value) => ({ value: String(value), label }));
}

export function wrongWords(because: Wrong): string {
  if (because.kind === "range") return words.outside(because.low, because.high);
  if (because.kind === "type") return words.noType;
  const plainType = because.type.replace("[]", "");
  return words.forms[plainType] ?? words.wrongForm(plainType);
}

/** The asset's word is not enough: what it holds now was read back. */
function Written({ what, onClose }: { readonly what: string; readonly onClose: () => void }) {
  return (
    <Stack gap="sm">
      <p className="tg-done" role="status">
        {plainWords.done(what)}
      </p>
      <Group justify="flex-end">
        <Button data-autofocus autoFocus onClick={onClose}>
          {plainWords.close}
        </Button>
      </Group>
    </Stack>
  );
}
