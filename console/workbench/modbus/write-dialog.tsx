/**
 * Writing one tag: what it holds now beside what it will hold, a confirmation, and what came of it
 * in the same place.
 */
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { workbenchText } from "../../text/workbench.ts";
import { Notice } from "../session-notices.tsx";
import { allowedWords, refusalAhead } from "./allowed.ts";
import { AskBeforehand } from "./ask-beforehand.tsx";
import type { ModbusDesk, Report } from "./desk.ts";
import type { Decision } from "./operation-log.ts";
import { RefusalWords } from "./refusal-row.tsx";
import { useReading } from "./tag-row.tsx";
import { encodeTyped, exactText, rawText, tagValue } from "./tag-value.ts";
import { WriteWaits } from "./waiting-for-person.tsx";

const words = workbenchText.write;

interface WriteDialogProps {
  readonly desk: ModbusDesk;
  /** Undefined: closed. */
  readonly tag: TagView | undefined;
  /** All of the endpoint: a limit may speak of another one. */
  readonly tags: readonly TagView[];
  readonly profile: string;
  /** Why nothing can be written now; undefined when it can. */
  readonly blocked: string | undefined;
  readonly onClose: () => void;
}

export function WriteDialog(props: WriteDialogProps) {
  const { tag, onClose } = props;
  return (
    <Modal
      opened={tag !== undefined}
      onClose={onClose}
      title={tag ? words.title(tag.name) : ""}
      size="md"
    >
      {tag && <WriteForm key={tag.name} {...props} tag={tag} />}
    </Modal>
  );
}

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "waiting"; readonly decision: Decision | undefined }
  | { readonly kind: "told"; readonly report: Report; readonly wanted: readonly number[] };

function WriteForm(props: WriteDialogProps & { readonly tag: TagView }) {
  const { desk, tag, tags, profile, blocked, onClose } = props;
  const [typed, setTyped] = useState("");
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const unread = useReadingNow(desk, tag);
  const encoded = encodeTyped(tag, typed);
  const registers = encoded.kind === "registers" ? encoded.registers : undefined;
  const waiting = step.kind === "waiting";

  /** What came of the last value says nothing about another one. */
  function retype(value: string) {
    setTyped(value);
    setStep({ kind: "asking" });
  }
  async function write(event: FormEvent) {
    event.preventDefault();
    if (registers === undefined || waiting || blocked !== undefined) return;
    setStep({ kind: "waiting", decision: undefined });
    const report = await desk.writeTag(tag, registers, (decision) =>
      setStep({ kind: "waiting", decision }),
    );
    setStep({ kind: "told", report, wanted: registers });
  }

  if (step.kind === "told" && step.report.answer.kind === "done") {
    return <Written desk={desk} tag={tag} wanted={step.wanted} onClose={onClose} />;
  }
  const fault = encoded.kind === "fault" && typed !== "" ? encoded.reason : undefined;
  return (
    <form onSubmit={(event) => void write(event)}>
      <Stack gap="sm">
        <Change desk={desk} tag={tag} registers={registers} />
        <ValueInput tag={tag} typed={typed} onType={retype} fault={fault} disabled={waiting} />
        <Allowed tag={tag} tags={tags} profile={profile} />
        {unread !== undefined && (
          <Notice tone="attention" title={words.notRead}>
            {unread}
          </Notice>
        )}
        {registers !== undefined && step.kind !== "told" && (
          <Hints {...{ tag, registers, desk, profile }} />
        )}
        {blocked !== undefined && <Notice tone="attention" title={blocked} />}
        {waiting && <WriteWaits decision={step.decision} />}
        {step.kind === "told" && (
          <div className="tg-refusal-box tg-refusal-dialog" role="alert">
            <div>
              <RefusalWords tag={tag.name} answer={step.report.answer} words={step.report.words} />
            </div>
          </div>
        )}
        {registers !== undefined && !waiting && isHeld(tag, profile) && (
          <AskBeforehand key={registers.join()} tag={tag} registers={registers} />
        )}
        {!waiting && <p className="wb-quiet">{words.confirmKey}</p>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {step.kind === "asking" ? words.cancel : words.close}
          </Button>
          <Button
            type="submit"
            loading={waiting}
            disabled={registers === undefined || blocked !== undefined}
          >
            {words.confirm(registers ? textOf(tag, registers) : "")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function isHeld({ allowed }: TagView, profile: string): boolean {
  return allowed?.held === true && allowed.profile === profile;
}

interface AllowedProps {
  readonly tag: TagView;
  readonly tags: readonly TagView[];
  readonly profile: string;
}

/** The session may run under another grant than the one that the plant page was told of. */
function Allowed({ tag, tags, profile }: AllowedProps) {
  if (tag.allowed?.profile !== profile) {
    return <p className="wb-quiet">{words.boundsNote(profile)}</p>;
  }
  return (
    <div className="tg-allowed">
      <span className="wb-dim">{words.allowed(profile)}</span>
      <ul>
        {allowedWords(tag, tags).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

/** Reads the tag when the dialog opens; answers why it could not, if so. */
function useReadingNow(desk: ModbusDesk, tag: TagView): string | undefined {
  const [unread, setUnread] = useState<string | undefined>(undefined);
  useEffect(() => {
    let open = true;
    void desk.readTag(tag).then((report) => {
      if (open && report.answer.kind !== "done") setUnread(report.words);
    });
    return () => {
      open = false;
    };
  }, [desk, tag]);
  return unread;
}

interface ChangeProps {
  readonly desk: ModbusDesk;
  readonly tag: TagView;
  readonly registers: readonly number[] | undefined;
}

function Change({ desk, tag, registers }: ChangeProps) {
  const reading = useReading(desk, tag.name);
  const raw = (values: readonly number[]) => words.raw(rawText(tag, values));
  return (
    <div className="tg-change">
      <div>
        <span className="wb-dim">{words.now}</span>
        <strong>{reading.value === undefined ? "–" : exactText(tag, reading.value)}</strong>
        <span className="wb-dim sp-mono">
          {reading.registers.length > 0 ? raw(reading.registers) : words.reading}
        </span>
      </div>
      <span aria-hidden className="tg-arrow">
        →
      </span>
      <div>
        <span className="wb-dim">{words.next}</span>
        <strong>{registers ? textOf(tag, registers) : "–"}</strong>
        <span className="wb-dim sp-mono">{registers ? raw(registers) : ""}</span>
      </div>
    </div>
  );
}

interface ValueInputProps {
  readonly tag: TagView;
  readonly typed: string;
  readonly onType: (typed: string) => void;
  readonly fault: string | undefined;
  readonly disabled: boolean;
}

function ValueInput({ tag, typed, onType, fault, disabled }: ValueInputProps) {
  if (tag.states.length > 0) {
    return (
      <NativeSelect
        label={words.newValue}
        data-autofocus
        disabled={disabled}
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        data={[
          { value: "", label: "" },
          ...tag.states.map(({ value, word }) => ({
            value: String(value * tag.scale + tag.offset),
            label: word,
          })),
        ]}
      />
    );
  }
  return (
    <TextInput
      label={words.newValue}
      data-autofocus
      autoComplete="off"
      inputMode="decimal"
      readOnly={disabled}
      rightSection={<span className="wb-dim">{tag.unit}</span>}
      rightSectionWidth={tag.unit === "" ? 8 : 16 + 8 * tag.unit.length}
      error={fault}
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
    />
  );
}

interface HintsProps extends ChangeProps {
  readonly registers: readonly number[];
  readonly profile: string;
}

function Hints({ tag, registers, desk, profile }: HintsProps) {
  const reading = useReading(desk, tag.name);
  const value = tagValue(tag, registers);
  const known = value !== undefined && tag.allowed?.profile === profile;
  const refusal = known ? refusalAhead(tag, value, reading.value) : undefined;
  if (refusal !== undefined) return <Notice tone="attention" title={refusal} />;
  const now = reading.registers;
  const same = now.length > 0 && now.every((word, n) => word === registers[n]);
  return same ? <p className="wb-quiet">{words.same}</p> : null;
}

interface WrittenProps {
  readonly desk: ModbusDesk;
  readonly tag: TagView;
  readonly wanted: readonly number[];
  readonly onClose: () => void;
}

/** The asset's word is not enough: what it holds now was read back. */
function Written({ desk, tag, wanted, onClose }: WrittenProps) {
  const reading = useReading(desk, tag.name);
  const isRead = reading.quality === "good" && reading.value !== undefined;
  const same = isRead && reading.registers.every((word, n) => word === wanted[n]);
  const found = reading.value === undefined ? "–" : exactText(tag, reading.value);
  return (
    <Stack gap="sm">
      {same && (
        <p className="tg-done" role="status">
          {words.done(found)}
        </p>
      )}
      {isRead && !same && (
        <Notice tone="attention" title={words.differs(textOf(tag, wanted), found)} />
      )}
      {!isRead && <Notice tone="attention" title={words.doneUnread} />}
      <Group justify="flex-end">
        <Button data-autofocus autoFocus onClick={onClose}>
          {words.close}
        </Button>
      </Group>
    </Stack>
  );
}

function textOf(tag: TagView, registers: readonly number[]): string {
  const value = tagValue(tag, registers);
  return value === undefined ? "–" : exactText(tag, value);
}
