/** Links to this recording for people without an account: made, shown with their uses, revoked. */
import {
  Button,
  Group,
  Modal,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NewShareView } from "../../broker/api/shapes/viewing.ts";
import { Copyable } from "../components/copyable.tsx";
import { queryClient } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { Empty, ProblemNotice } from "../components/states.tsx";
import { withFreshAssertion } from "../components/step-up.ts";
import { sharesQuery, viewingApi } from "../components/viewing.ts";
import { viewingText } from "../text/viewing.ts";
import type { Span } from "./playback.ts";
import { ShareEntry } from "./share-entry.tsx";

const words = viewingText.share;
const HOUR_MS = 3_600_000;
/** Around the moment at the head, to begin with. */
const AROUND_MS = 5 * 60_000;
const LENGTH_AT_FIRST = "24";

interface ShareDialogProps {
  readonly recording: string;
  readonly span: Span;
  readonly headMs: number;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function ShareDialog(props: ShareDialogProps) {
  const [made, setMade] = useState<NewShareView | undefined>(undefined);
  const close = () => {
    setMade(undefined);
    props.onClose();
  };
  return (
    <Modal opened={props.opened} onClose={close} title={words.title} size="lg">
      {made ? <Made made={made} onDone={close} /> : <MakeForm {...props} onMade={setMade} />}
      <Links recording={props.recording} />
    </Modal>
  );
}

function Made({ made, onDone }: { readonly made: NewShareView; readonly onDone: () => void }) {
  const address = new URL(`/shared#${made.token}`, window.location.href).href;
  return (
    <Stack gap="sm" mb="md" role="status">
      <Text fw={600}>{words.madeTitle}</Text>
      <Text size="sm">{words.madeLead}</Text>
      <Copyable value={address} what={words.link} />
      <Group justify="flex-end">
        <Button onClick={onDone}>{words.done}</Button>
      </Group>
    </Stack>
  );
}

interface MakeFormProps extends ShareDialogProps {
  readonly onMade: (made: NewShareView) => void;
}

function MakeForm(props: MakeFormProps) {
  const form = useShareForm(props);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (form.ready && !form.busy) void form.make();
      }}
    >
      <Stack gap="sm" mb="md">
        <Text size="sm">{words.lead}</Text>
        <ForWhom form={form} />
        <What form={form} />
        {form.thrown !== undefined && <ProblemNotice thrown={form.thrown} title={words.failed} />}
        <Group justify="flex-end">
          <Button type="submit" loading={form.busy} disabled={!form.ready}>
            {words.make}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type ShareForm = ReturnType<typeof useShareForm>;

function useShareForm({ recording, span, headMs, onMade }: MakeFormProps) {
  const [fields, setFields] = useState(() => ({
    ...{ recipient: "", reason: "", hours: LENGTH_AT_FIRST, whole: true },
    from: fieldOf(Math.max(span.fromMs, headMs - AROUND_MS)),
    until: fieldOf(Math.min(span.untilMs, headMs + AROUND_MS)),
  }));
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const { whole, from, until, hours } = fields;
  const [recipient, reason] = [fields.recipient.trim(), fields.reason.trim()];
  async function make() {
    setBusy(true);
    setThrown(undefined);
    try {
      // The field has whole seconds: the last one counts to its end.
      const range = whole ? null : { fromMs: timeOf(from), untilMs: timeOf(until) + 999 };
      const endsMs = Date.now() + Number(hours) * HOUR_MS;
      const wanted = { recording, recipient, reason, endsMs, range };
      onMade(await withFreshAssertion(() => viewingApi.share(wanted)));
      await queryClient.invalidateQueries(sharesQuery(recording));
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }
  const ready = recipient !== "" && reason !== "";
  const set = (changed: Partial<typeof fields>) => setFields((now) => ({ ...now, ...changed }));
  return { fields, set, busy, thrown, ready, make };
}

function ForWhom({ form: { fields, set } }: { readonly form: ShareForm }) {
  return (
    <>
      <TextInput
        label={words.recipient}
        description={words.recipientHint}
        maxLength={120}
        required
        data-autofocus
        value={fields.recipient}
        onChange={(event) => set({ recipient: event.currentTarget.value })}
      />
      <Textarea
        label={words.reason}
        autosize
        maxLength={500}
        required
        value={fields.reason}
        onChange={(event) => set({ reason: event.currentTarget.value })}
      />
      <NativeSelect
        label={words.lasts}
        value={fields.hours}
        onChange={(event) => set({ hours: event.currentTarget.value })}
        data={words.lengths.map((one) => ({ value: String(one.hours), label: one.label }))}
      />
    </>
  );
}

function What({ form: { fields, set } }: { readonly form: ShareForm }) {
  const { whole, from, until } = fields;
  const hint = words.partHint;
  return (
    <>
      <SegmentedControl
        aria-label={words.what}
        value={whole ? "whole" : "part"}
        onChange={(value) => set({ whole: value === "whole" })}
        data={[
          { value: "whole", label: words.whole },
          { value: "part", label: words.part },
        ]}
      />
      {!whole && (
        <Group grow align="flex-start">
          <TimeField
            {...{ label: words.from, hint }}
            value={from}
            onChange={(to) => set({ from: to })}
          />
          <TimeField
            {...{ label: words.until, hint }}
            value={until}
            onChange={(to) => set({ until: to })}
          />
        </Group>
      )}
    </>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function TimeField({ label, hint, value, onChange }: TimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      step={1}
      required
      label={label}
      description={hint}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Links({ recording }: { readonly recording: string }) {
  const query = useQuery(sharesQuery(recording));
  return (
    <QueryView query={query} failed={words.listFailed}>
      {(shares) =>
        shares.length === 0 ? (
          <Empty title={words.empty}>{words.emptyAdvice}</Empty>
        ) : (
          <ul className="rp-people">
            {shares.map((share) => (
              <ShareEntry key={share.id} share={share} />
            ))}
          </ul>
        )
      }
    </QueryView>
  );
}

/** As the field takes it, in the viewer's zone: `2026-11-22T03:47:12`. */
function fieldOf(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

function timeOf(field: string): number {
  return new Date(field).getTime();
}
