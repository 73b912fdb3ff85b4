/** Calling a method: its arguments by name and type, and what came of it in the same place. */
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import { typedValue } from "../../../protocols/opcua/client/typed-value.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { opcuaText } from "../../text/opcua.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { Decision } from "../modbus/operation-log.ts";
import { WriteWaits } from "../modbus/waiting-for-person.tsx";
import { Notice } from "../session-notices.tsx";
import { DeedOutcome } from "./deed-outcome.tsx";
import type { OpcUaDesk, Report } from "./desk.ts";
import type { NodeDetails, TypedArgument } from "./node-details.ts";
import { plain } from "./value-words.ts";
import { wrongWords } from "./write-dialog.tsx";

const words = opcuaText.call;

interface CallDialogProps {
  readonly desk: OpcUaDesk;
  readonly details: NodeDetails;
  /** What the method is called on. */
  readonly object: NodeId;
  readonly opened: boolean;
  /** Why nothing can be called now; undefined when it can. */
  readonly blocked: string | undefined;
  readonly onClose: () => void;
}

export function CallDialog(props: CallDialogProps) {
  const { details, opened, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={words.title(plain(details.name))} size="md">
      <Form {...props} />
    </Modal>
  );
}

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "waiting"; readonly decision: Decision | undefined }
  | { readonly kind: "told"; readonly report: Report };

function Form({ desk, details, object, blocked, onClose }: CallDialogProps) {
  const { inputs, node, name } = details;
  const [typed, setTyped] = useState<readonly string[]>(inputs.map(() => ""));
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const encoded = inputs.map(({ type }, n) => typedValue(type ?? "?", typed[n] ?? ""));
  const values = encoded.flatMap((each) => (each.kind === "value" ? [each] : []));
  const isReady = values.length === inputs.length && blocked === undefined;
  const waiting = step.kind === "waiting";

  async function call(event: FormEvent) {
    event.preventDefault();
    if (!isReady || waiting) return;
    setStep({ kind: "waiting", decision: undefined });
    const report = await desk.call(
      { object, node, name },
      values.map(({ bytes }) => bytes),
      values.map(({ text }) => text),
      (decision) => setStep({ kind: "waiting", decision }),
    );
    setStep({ kind: "told", report });
  }
  return (
    <form onSubmit={(event) => void call(event)}>
      <Stack gap="sm">
        <p className="wb-quiet">
          {words.on}: <code>{nodeIdText(object)}</code>
        </p>
        {inputs.length === 0 && <p className="wb-quiet">{words.noInputs}</p>}
        {inputs.map((argument, n) => (
          <ArgumentInput
            key={argument.name}
            first={n === 0}
            argument={argument}
            typed={typed[n] ?? ""}
            disabled={waiting}
            onType={(text) => setTyped(typed.map((before, at) => (at === n ? text : before)))}
          />
        ))}
        {blocked !== undefined && <Notice tone="attention" title={words.blocked} />}
        {waiting && <WriteWaits decision={step.decision} />}
        {step.kind === "told" && (
          <DeedOutcome what={words.title(plain(name))} report={step.report} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {step.kind === "asking" ? workbenchText.write.cancel : workbenchText.write.close}
          </Button>
          <Button type="submit" loading={waiting} disabled={!isReady}>
            {words.confirm(plain(name))}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ArgumentInputProps {
  /** Typing begins here as soon as the dialog is open. */
  readonly first: boolean;
  readonly argument: TypedArgument;
  readonly typed: string;
  readonly disabled: boolean;
  readonly onType: (text: string) => void;
}

function ArgumentInput({ first, argument, typed, disabled, onType }: ArgumentInputProps) {
  const { name, type, description } = argument;
  if (type === undefined) return <Notice tone="attention" title={words.noType(plain(name))} />;
  const label = `${plain(name)} (${type})`;
  if (type === "Boolean") {
    return (
      <NativeSelect
        label={label}
        description={plain(description)}
        data-autofocus={first || undefined}
        disabled={disabled}
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        data={["", "false", "true"]}
      />
    );
  }
  const encoded = typedValue(type, typed);
  const wrong = typed !== "" && encoded.kind === "wrong" ? wrongWords(encoded.because) : undefined;
  return (
    <TextInput
      label={label}
      description={plain(description)}
      data-autofocus={first || undefined}
      autoComplete="off"
      readOnly={disabled}
      error={wrong}
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
    />
  );
}
